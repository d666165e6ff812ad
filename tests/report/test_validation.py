"""A judgement in every format: the same findings, escaped for each medium."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from junitparser import JUnitXml

from reconciler.desired.rules import RULES
from reconciler.errors import SourceError
from reconciler.model.findings import Severity
from reconciler.report.validation import github, junit, markdown, sarif, text
from reconciler.report.validation import json as as_json

SARIF_SCHEMA = Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json"
HOSTILE = "\x1b[31m::error::\x00<b>&\u202e"


@pytest.fixture
def judgement(values: Any) -> Any:
    return values.judgement(
        values.finding("orders is wrong.", hint="mend it."),
        values.finding("no guide.", severity=Severity.WARNING, rule="support-documentation"),
        values.finding("newer.", severity=Severity.INFO, rule="newer-version"),
    )


def test_text_tells_place_message_hint_and_verdict(judgement: Any) -> None:
    assert text.render(judgement, seconds=0.41) == (
        "packs/orders.yaml:4:3  error    schema\n"
        "    orders is wrong.\n"
        "    hint: mend it.\n"
        "packs/orders.yaml:4:3  warning  support-documentation\n"
        "    no guide.\n"
        "packs/orders.yaml:4:3  info     newer-version\n"
        "    newer.\n"
        "\n"
        "412 documents in 398 files, 0.4 s: 1 error, 1 warning, 1 info."
        " This revision would be refused.\n"
    )


def test_what_is_new_comes_first_and_apart_from_what_the_base_has(values: Any) -> None:
    found = values.judgement(
        values.finding("old.", new=False),
        values.finding("new.", new=True),
        values.finding("dull.", new=False, severity=Severity.WARNING),
    )
    assert text.render(found) == (
        "New with this change:\n"
        "\n"
        "packs/orders.yaml:4:3  error    schema\n"
        "    new.\n"
        "\n"
        "In the base already:\n"
        "\n"
        "packs/orders.yaml:4:3  error    schema\n"
        "    old.\n"
        "packs/orders.yaml:4:3  warning  schema\n"
        "    dull.\n"
        "\n"
        "412 documents in 398 files: 2 errors, 1 warning"
        " (new: 1 error; in the base already: 1 error, 1 warning)."
        " This revision would be refused.\n"
    )


def test_a_change_that_breaks_nothing_says_whose_errors_they_are(values: Any) -> None:
    told = text.render(values.judgement(values.finding("old", new=False)))
    assert told.endswith(
        "1 error (new: none; in the base already: 1 error)."
        " This revision would be refused, for what the base has already.\n"
    )


def test_a_valid_working_tree_says_so(values: Any) -> None:
    told = text.render(values.judgement(revision=None))
    assert told == "412 documents in 398 files: no findings. This working tree is valid.\n"


def test_json_fits_its_schema(judgement: Any, output_schema: Any) -> None:
    fields = as_json.fields(judgement)
    Draft202012Validator(output_schema("validate")).validate(fields)
    assert fields["counts"] == {
        "error": 1, "warning": 1, "info": 1, "documents": 412, "files": 398,
    }  # fmt: skip
    failed = as_json.failure(SourceError("no repository", "clone it"))
    Draft202012Validator(output_schema("validate")).validate(failed)
    assert failed["error"] == {"code": 1, "message": "no repository", "hint": "clone it"}


def test_github_shows_ten_of_a_level_new_ones_first_and_the_rest_as_lines(values: Any) -> None:
    old = [values.finding(f"old {n}", new=False, line=n + 1) for n in range(9)]
    new = [values.finding(f"new {n}", new=True, line=n + 1) for n in range(3)]
    lines = github.render(values.judgement(*old, *new), "publisher").splitlines()
    annotations = [line for line in lines if line.startswith("::error ")]
    assert len(annotations) == 10
    assert (
        annotations[0]
        == "::error file=publisher/packs/orders.yaml,line=1,col=3,title=schema::new 0"
    )
    assert lines[-2] == "publisher/packs/orders.yaml:9:3: error: schema: old 8"
    assert lines[-1] == (
        "::notice title=reconciler validate::412 documents in 398 files: 12 errors"
        " (new: 3 errors; in the base already: 9 errors). This revision would be refused."
        " 2 findings more than annotations can show: see the log."
    )


def test_github_keeps_a_place_for_the_notice_that_sums_up(values: Any) -> None:
    infos = [values.finding("i", severity=Severity.INFO, line=n + 1) for n in range(10)]
    few = github.render(values.judgement(*infos)).splitlines()
    assert sum(line.startswith("::notice ") for line in few) == 10
    assert few[-1].startswith("412 documents")
    many = github.render(values.judgement(*infos, *infos)).splitlines()
    assert sum(line.startswith("::notice ") for line in many) == 10


def test_no_medium_lets_a_name_act(values: Any) -> None:
    found = values.judgement(values.finding(HOSTILE, hint=HOSTILE, path=f"a,b:{HOSTILE}.yaml"))
    for rendered in (text.render(found), github.render(found)):
        assert "\x1b" not in rendered
        assert "\x00" not in rendered
    [annotation, _] = github.render(found).splitlines()
    assert annotation.startswith("::error file=a%2Cb%3A")
    ET.fromstring(junit.render(found))
    json.loads(sarif.render(found, ()))
    assert JUnitXml.fromstring(junit.render(found).encode()).failures == 1
    assert "<b>" not in markdown.render(found)


def test_sarif_holds_rules_levels_and_places(judgement: Any) -> None:
    log = json.loads(sarif.render(judgement, RULES, "publisher"))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    [schema] = [rule for rule in rules if rule["id"] == "schema"]
    assert schema["defaultConfiguration"] == {"level": "error"}
    assert schema["help"]["text"].endswith("Examples: section schema of docs/rules.md.")
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "publisher/packs/orders.yaml"
        assert place["region"] == {"startLine": 4, "startColumn": 3}


@pytest.fixture
def fits_sarif() -> Callable[[str], Any]:
    """Asserts that a log is valid against the schema of the standard; returns its only run."""
    schema = json.loads(SARIF_SCHEMA.read_text(encoding="utf-8"))

    def check(rendered: str) -> Any:
        log = json.loads(rendered)
        Draft4Validator(schema).validate(log)
        [run] = log["runs"]
        return run

    return check


def test_sarif_is_valid_against_the_standard_whatever_is_in_it(
    values: Any, fits_sarif: Callable[[str], Any]
) -> None:
    everything = [
        values.finding(
            HOSTILE, rule=rule.id, hint=HOSTILE, path=f"{HOSTILE}/ü %20 #?.yaml", new=new
        )
        for rule in RULES
        for new in (True, False, None)
    ]
    assert fits_sarif(sarif.render(values.judgement(), RULES))["results"] == []
    fits_sarif(sarif.render(values.judgement(*everything), RULES, "my publisher"))
    fits_sarif(sarif.render(values.judgement(*everything), ()))


def test_sarif_paths_are_uris_that_lead_to_the_file(
    values: Any, fits_sarif: Callable[[str], Any]
) -> None:
    path = "packs/100 % größer:#1?.yaml"
    run = fits_sarif(sarif.render(values.judgement(values.finding(path=path)), RULES, "a b"))
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/packs/100%20%25%20gr%C3%B6%C3%9Fer%3A%231%3F.yaml"
    assert unquote(uri) == f"a b/{path}"


def test_sarif_keeps_the_most_urgent_of_too_many(
    values: Any, fits_sarif: Callable[[str], Any]
) -> None:
    dull = [values.finding("w", severity=Severity.WARNING)] * 25_000
    run = fits_sarif(sarif.render(values.judgement(*dull, values.finding("e")), RULES))
    assert len(run["results"]) == 25_000
    assert run["results"][0]["level"] == "error"


def test_a_result_is_known_again_when_its_line_and_its_file_have_moved(values: Any) -> None:
    def identities(*findings: Any) -> list[str]:
        [run] = json.loads(sarif.render(values.judgement(*findings), RULES))["runs"]
        return [found["partialFingerprints"]["primaryLocationLineHash"] for found in run["results"]]

    here = values.finding("Attachment acme/orders is declared already, in a/b.yaml.")
    there = replace(here, path="x.yaml", line=90, message=here.message.replace("a/b", "a/c"))
    assert identities(here) == identities(there)
    assert identities(here) != identities(replace(here, rule="duplicate-name"))
    assert len(set(identities(here, there))) == 2


def test_what_a_message_quotes_is_no_place(values: Any) -> None:
    one, two = (values.finding(f'"guides/{n}.yaml" is not in this revision.') for n in "ab")
    assert one.gist != two.gist


def test_a_page_of_markdown_is_bounded_and_tells_the_new_ones_first(values: Any) -> None:
    new = [values.finding("n" * 900, new=True) for _ in range(90)]
    old = [values.finding("o" * 900, new=False) for _ in range(90)]
    told = markdown.render(values.judgement(*old, *new))
    assert len(told) < 60_000
    assert told.startswith("⛔ **412 documents")
    assert told.index("### New with this change") < told.index("### In the base already")
    assert "… and " in told
    assert markdown.render(values.judgement()).startswith("✅ **412 documents")


def test_junit_has_a_case_for_each_finding_and_fails_for_errors(judgement: Any) -> None:
    suites = ET.fromstring(junit.render(judgement))
    assert len(suites.findall(".//testcase")) == 3
    [failure] = suites.findall(".//failure")
    assert "orders is wrong." in (failure.text or "")
    assert suites.find("testsuite").get("failures") == "1"  # type: ignore[union-attr]


def test_junit_has_a_passing_case_where_there_is_no_finding(values: Any) -> None:
    suites = ET.fromstring(junit.render(values.judgement()))
    assert len(suites.findall(".//testcase")) == 1
    assert suites.findall(".//failure") == []
