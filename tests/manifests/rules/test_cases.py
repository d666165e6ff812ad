"""Each rule has a failing and a passing case, and each case has exactly the findings it says."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.rules import RULES
from reconciler.model.findings import Finding, Severity

CASES = sorted(path for path in Path(__file__).parent.glob("*/*") if path.is_dir())


def _name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_case_has_exactly_the_findings_that_it_says(
    case: Path, opened: Callable[[Path], Any]
) -> None:
    judged = opened(case)
    named = {judged.rule, *(entry["rule"] for entry in judged.expected)}
    found = [f for f in judged.found if f.severity == Severity.ERROR or f.rule in named]
    missing = [entry for entry in judged.expected if not any(_is(entry, f) for f in found)]
    unsaid = [f for f in found if not any(_is(entry, f) for entry in judged.expected)]
    assert (missing, unsaid) == ([], [])
    assert len(found) == len(judged.expected)


def _is(entry: dict[str, Any], finding: Finding) -> bool:
    return (
        finding.rule == entry["rule"]
        and finding.severity == entry.get("severity", "error")
        and finding.path == entry["path"]
        and entry.get("line", finding.line) == finding.line
        and all(text in finding.message for text in _texts(entry.get("message")))
        and all(text in (finding.hint or "") for text in _texts(entry.get("hint")))
    )


def _texts(written: str | list[str] | None) -> Iterable[str]:
    return [written] if isinstance(written, str) else written or ()


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_case_says_in_its_name_whether_its_rule_finds_something(
    case: Path, opened: Callable[[Path], Any]
) -> None:
    judged = opened(case)
    fails = any(entry["rule"] == judged.rule for entry in judged.expected)
    assert case.name.startswith("failing-" if fails else "passing-")


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_every_rule_has_a_failing_and_a_passing_case(rule: str) -> None:
    of_rule = [case.name for case in CASES if case.parent.name == rule]
    assert any(name.startswith("failing-") for name in of_rule)
    assert any(name.startswith("passing-") for name in of_rule)


def test_every_case_belongs_to_a_rule() -> None:
    assert {case.parent.name for case in CASES} <= {rule.id for rule in RULES}
