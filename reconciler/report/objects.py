"""Values that several outputs share -> JSON objects, and JSON objects -> text (SPEC section 9)."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.model.findings import Finding, Severity

Fields = dict[str, Any]


def document(fields: Mapping[str, Any]) -> str:
    """One indented JSON document, ending in a newline."""
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def line(fields: Mapping[str, Any]) -> str:
    """One line of JSON Lines, ending in a newline."""
    return json.dumps(fields, ensure_ascii=False) + "\n"


def finding(found: Finding) -> Fields:
    """One finding; `new` null where nothing was compared."""
    return {
        "rule": found.rule,
        "severity": found.severity.value,
        "path": found.path,
        "line": found.line,
        "column": found.column,
        "message": found.message,
        "hint": found.hint,
        "new": found.new,
    }


def error(trouble: ReconcilerError) -> Fields:
    """What stands under "error"; `code` is the exit code."""
    return {"code": trouble.exit_code, "message": trouble.message, "hint": trouble.hint}


def severities(findings: tuple[Finding, ...]) -> dict[str, int]:
    """How many findings are errors, warnings and infos."""
    counts = {level.value: 0 for level in (Severity.ERROR, Severity.WARNING, Severity.INFO)}
    for found in findings:
        counts[found.severity.value] += 1
    return counts
