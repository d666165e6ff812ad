"""A judgement -> a SARIF 2.1.0 log."""

from collections.abc import Mapping
from urllib.parse import quote

from reconciler import __version__
from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report import objects
from reconciler.report.objects import Fields

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# What GitHub takes of one run.
_MOST_RESULTS = 25_000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_RANKS = {severity: rank for rank, severity in enumerate(_LEVELS)}


def render(judgement: Judgement, summaries: Mapping[str, str], folder: str = "") -> str:
    """`summaries`: rule id -> its sentence; `folder`: the publisher root's place in the repository.

    Of more than 25,000 findings the gravest are kept.
    """
    kept = sorted(judgement.findings, key=lambda found: _RANKS[found.severity])[:_MOST_RESULTS]
    rules = sorted({found.rule for found in kept})
    places = {rule: index for index, rule in enumerate(rules)}
    run: Fields = {
        "tool": {
            "driver": {
                "name": "reconciler",
                "version": __version__,
                "rules": [_rule(rule, summaries) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, places[found.rule], folder) for found in kept],
    }
    return objects.document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: str, summaries: Mapping[str, str]) -> Fields:
    return {"id": rule, "shortDescription": {"text": summaries.get(rule, rule)}}


def _result(found: Finding, rule_index: int, folder: str) -> Fields:
    path = f"{folder.rstrip('/')}/{found.path}" if folder else found.path
    text = found.message if found.hint is None else f"{found.message} Hint: {found.hint}"
    place = {
        "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": found.line, "startColumn": found.column},
    }
    result: Fields = {
        "ruleId": found.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }
    if found.new is not None:
        result["baselineState"] = "new" if found.new else "unchanged"
    return result
