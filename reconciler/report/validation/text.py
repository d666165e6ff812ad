"""A judgement -> text: each finding with its place, message and hint, then the verdict."""

from collections.abc import Iterable, Iterator

from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style
from reconciler.report.objects import severities
from reconciler.report.validation.urgency import parted
from reconciler.report.words import counted, duration


def render(judgement: Judgement, style: Style = PLAIN, seconds: float | None = None) -> str:
    """All findings in order and one line of summary; `seconds` is how long it took.

    Compared with a base, what is new comes first, under a heading of its own.
    """
    parts = parted(judgement.findings)
    if parts is None:
        lines = list(finding_lines(judgement.findings, style))
    else:
        new, old = parts
        lines = [
            *_headed("New with this change:", new, style),
            *_headed("In the base already:", old, style),
        ]
    if lines and lines[-1]:
        lines.append("")
    lines.append(summary(judgement, style, seconds))
    return "\n".join(lines) + "\n"


def summary(judgement: Judgement, style: Style = PLAIN, seconds: float | None = None) -> str:
    """One line: what was read, how many findings, and the revision's fate."""
    read = f"{counted(judgement.documents, 'document')} in {counted(judgement.files, 'file')}"
    took = "" if seconds is None else f", {duration(seconds)}"
    told = f"{tally(judgement.findings)}{_apart(judgement.findings)}"
    return f"{read}{took}: {told}. {_fate(judgement, style)}"


def tally(findings: tuple[Finding, ...]) -> str:
    """ "2 errors, 1 warning", "no findings"."""
    counts = severities(findings)
    words = [
        counted(counts["error"], "error") if counts["error"] else "",
        counted(counts["warning"], "warning") if counts["warning"] else "",
        f"{counts['info']:,} info" if counts["info"] else "",
    ]
    return ", ".join(word for word in words if word) or "no findings"


def _headed(title: str, findings: tuple[Finding, ...], style: Style) -> Iterator[str]:
    if findings:
        yield from (style.bold(title), "", *finding_lines(findings, style), "")


def finding_lines(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """Each finding with its place, message and hint."""
    for found in findings:
        place = f"{terminal(found.path)}:{found.line}:{found.column}"
        yield f"{style.bold(place)}  {_coloured(found.severity, style)}  {found.rule}"
        yield f"    {terminal(found.message)}"
        if found.hint:
            yield f"    {style.dim('hint:')} {terminal(found.hint)}"


def _coloured(severity: Severity, style: Style) -> str:
    padded = severity.value.ljust(7)
    if severity is Severity.ERROR:
        return style.bad(padded)
    return style.warn(padded) if severity is Severity.WARNING else style.dim(padded)


def _fate(judgement: Judgement, style: Style) -> str:
    subject = "This working tree" if judgement.revision is None else "This revision"
    if judgement.valid:
        return style.good(f"{subject} is valid.")
    errors = (found for found in judgement.findings if found.severity is Severity.ERROR)
    why = ", for what the base has already" if all(one.new is False for one in errors) else ""
    return style.bad(f"{subject} would be refused{why}.")


def _apart(findings: tuple[Finding, ...]) -> str:
    parts = parted(findings)
    if parts is None:
        return ""
    new, old = (tally(part) if part else "none" for part in parts)
    return f" (new: {new}; in the base already: {old})"
