"""A judgement -> a SARIF 2.1.0 log."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

from reconciler import __version__
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report import objects
from reconciler.report.objects import Fields
from reconciler.report.validation.urgency import by_urgency

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# What GitHub takes of one run.
_MOST_RESULTS = 25_000
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(judgement: Judgement, rules: Iterable[Rule], folder: str = "") -> str:
    """`rules` explain those that are named; `folder`: the publisher root's place in the repository.

    Of more than 25,000 findings the most urgent are kept.
    """
    kept = by_urgency(judgement.findings)[:_MOST_RESULTS]
    known = {rule.id: rule for rule in rules}
    named = sorted({found.rule for found in kept})
    places = {rule: index for index, rule in enumerate(named)}
    identities = _identities(kept)
    run: Fields = {
        "tool": {
            "driver": {
                "name": "reconciler",
                "version": __version__,
                "rules": [_rule(rule, known.get(rule)) for rule in named],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(found, places[found.rule], identity, folder)
            for found, identity in zip(kept, identities, strict=True)
        ],
    }
    return objects.document({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(name: str, rule: Rule | None) -> Fields:
    if rule is None:
        return {"id": name}
    told = [rule.summary]
    if rule.policy:
        told.append(f"The publisher sets its severity: policies, {name}, in publisher.yaml.")
    told.append(f"Examples: section {name} of docs/rules.md.")
    is_on = rule.severity is not Severity.OFF
    return {
        "id": name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": " ".join(told)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]} if is_on else {"enabled": False},
    }


def _identities(findings: Iterable[Finding]) -> list[str]:
    """By which a reader knows a result again, wherever its line and its file have moved."""
    seen: Counter[tuple[object, ...]] = Counter()
    identities = []
    for found in findings:
        seen[found.gist] += 1
        digest = hashlib.sha256("\0".join(found.gist).encode("utf-8", "backslashreplace"))
        identities.append(f"{digest.hexdigest()[:32]}:{seen[found.gist]}")
    return identities


def _result(found: Finding, rule_index: int, identity: str, folder: str) -> Fields:
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
        # Readers make a link of "[text](place)".
        "message": {"text": text.replace("](", "] (")},
        "locations": [{"physicalLocation": place}],
        # GitHub looks at the first name alone; it would be computed from the line otherwise.
        "partialFingerprints": {"primaryLocationLineHash": identity, "finding/v1": identity},
    }
    if found.new is not None:
        result["baselineState"] = "new" if found.new else "unchanged"
    return result
