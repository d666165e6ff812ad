"""Folders of manifests as data: those in invalid/ have an expected.json, valid ones have none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.manifests.read import read
from reconciler.model.findings import Finding
from reconciler.ports import Snapshot

HERE = Path(__file__).parent
RULES = (
    "encoding",
    "schema",
    "unknown-kind",
    "yaml-duplicate-key",
    "yaml-limit",
    "yaml-syntax",
)
FindingsOf = Callable[[Snapshot], list[Finding]]
Load = Callable[[Path], Snapshot]


def cases(folder: str) -> list[object]:
    found = sorted(path for rule in RULES for path in (HERE / folder / rule).iterdir())
    return [pytest.param(path, id=path.relative_to(HERE).as_posix()) for path in found]


@pytest.mark.parametrize("case", cases("invalid"))
def test_an_invalid_case_gives_the_findings_that_it_expects(
    case: Path, folder_snapshot: Load, findings_of: FindingsOf
) -> None:
    expected = json.loads((case / "expected.json").read_text())
    found = [
        {
            "path": finding.path,
            "line": finding.line,
            "column": finding.column,
            "rule": finding.rule,
            "message": finding.message,
            "hint": finding.hint,
        }
        for finding in findings_of(folder_snapshot(case))
    ]
    assert found == expected
    assert case.parent.name in {finding["rule"] for finding in found}


@pytest.mark.parametrize("case", cases("valid"))
def test_a_valid_case_gives_declarations_and_no_findings(
    case: Path, folder_snapshot: Load, findings_of: FindingsOf
) -> None:
    snapshot = folder_snapshot(case)
    assert findings_of(snapshot) == []
    assert read(snapshot).declarations


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_an_invalid_and_a_valid_case(rule: str) -> None:
    assert any((HERE / "invalid" / rule).iterdir())
    assert any((HERE / "valid" / rule).iterdir())
