"""A judgement in every format: the same findings, escaped for each medium."""

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import SourceError
from reconciler.model.findings import Severity
from reconciler.report.validation import github, junit, sarif, text
from reconciler.report.validation import json as as_json

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


def test_errors_that_the_base_has_too_are_told_apart(values: Any) -> None:
    found = values.judgement(values.finding("old", new=False), values.finding("new", new=True))
    told = text.render(found)
    assert "schema  (in the base already)" in told
    assert "2 errors (1 new and 1 in the base already)" in told


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
    assert lines[-1].endswith("this revision would be refused.")


def test_no_medium_lets_a_name_act(values: Any) -> None:
    found = values.judgement(values.finding(HOSTILE, hint=HOSTILE, path=f"a,b:{HOSTILE}.yaml"))
    for rendered in (text.render(found), github.render(found)):
        assert "\x1b" not in rendered
        assert "\x00" not in rendered
    [annotation, _] = github.render(found).splitlines()
    assert annotation.startswith("::error file=a%2Cb%3A")
    ET.fromstring(junit.render(found))
    json.loads(sarif.render(found, {}))


def test_sarif_holds_rules_levels_and_places(judgement: Any) -> None:
    log = json.loads(sarif.render(judgement, {"schema": "A document fits."}, "publisher"))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {"id": "schema", "shortDescription": {"text": "A document fits."}} in rules
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "publisher/packs/orders.yaml"
        assert place["region"] == {"startLine": 4, "startColumn": 3}


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
