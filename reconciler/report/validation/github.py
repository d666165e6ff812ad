"""A judgement -> annotations of a GitHub workflow, new errors first, the rest as lines."""

from collections import Counter

from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report.escape import annotation, annotation_property, log_line
from reconciler.report.validation.text import tally

# GitHub shows that many annotations of a level for a step and drops the others without a word.
_SHOWN = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_RANKS = {severity: rank for rank, severity in enumerate(_COMMANDS)}


def render(judgement: Judgement, folder: str = "") -> str:
    """Paths are below `folder`, the publisher root's place in the repository ("" for its top)."""
    lines = []
    shown: Counter[Severity] = Counter()
    for found in sorted(judgement.findings, key=_urgency):
        shown[found.severity] += 1
        as_annotation = shown[found.severity] <= _SHOWN
        lines.append(_annotation(found, folder) if as_annotation else _plain(found, folder))
    verdict = "valid" if judgement.valid else "this revision would be refused"
    lines.append(f"{judgement.documents:,} documents: {tally(judgement.findings)}; {verdict}.")
    return "\n".join(lines) + "\n"


def _urgency(found: Finding) -> tuple[object, ...]:
    return (found.new is False, _RANKS[found.severity], found.path, found.line, found.column)


def _path(found: Finding, folder: str) -> str:
    return f"{folder.rstrip('/')}/{found.path}" if folder else found.path


def _annotation(found: Finding, folder: str) -> str:
    properties = ",".join(
        f"{name}={annotation_property(value)}"
        for name, value in (
            ("file", _path(found, folder)),
            ("line", str(found.line)),
            ("col", str(found.column)),
            ("title", found.rule),
        )
    )
    message = found.message if found.hint is None else f"{found.message}\nhint: {found.hint}"
    return f"::{_COMMANDS[found.severity]} {properties}::{annotation(message)}"


def _plain(found: Finding, folder: str) -> str:
    place = f"{_path(found, folder)}:{found.line}:{found.column}"
    return log_line(f"{place}: {found.severity.value}: {found.rule}: {found.message}")
