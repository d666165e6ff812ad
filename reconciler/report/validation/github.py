"""A judgement -> annotations of a GitHub workflow, the worst ones; the others -> its log."""

from collections import Counter

from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report.escape import annotation, annotation_property, log_line
from reconciler.report.validation.text import summary
from reconciler.report.validation.urgency import by_urgency
from reconciler.report.words import counted

# GitHub shows that many annotations of a level for a step and drops the others without a word.
_SHOWN = 10
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(judgement: Judgement, folder: str = "") -> str:
    """New errors first; the last line, and a notice where something was left out, sums up.

    Paths are below `folder`, the publisher root's place in the repository ("" for its top).
    """
    annotated, others = _chosen(by_urgency(judgement.findings))
    lines = [_annotation(found, folder) for found in annotated]
    lines += [_plain(found, folder) for found in others]
    told = summary(judgement)
    if others:
        told += f" {counted(len(others), 'finding')} more than annotations can show: see the log."
        lines.append(f"::notice title=reconciler validate::{annotation(told)}")
    else:
        lines.append(log_line(told))
    return "\n".join(lines) + "\n"


def _chosen(findings: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that are annotated, and the rest; a place is kept for the notice that sums up."""
    counts = Counter(found.severity for found in findings)
    room = dict.fromkeys(_COMMANDS, _SHOWN)
    if any(counts[severity] > _SHOWN for severity in _COMMANDS):
        room[Severity.INFO] -= 1
    annotated, others = list[Finding](), list[Finding]()
    for found in findings:
        room[found.severity] -= 1
        (annotated if room[found.severity] >= 0 else others).append(found)
    return annotated, others


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
