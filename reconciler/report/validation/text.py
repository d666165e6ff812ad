"""A judgement -> text: each finding with its place, message and hint, then the verdict."""

from collections.abc import Iterator

from reconciler.model.findings import Finding, Severity
from reconciler.model.outcome import Judgement
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style
from reconciler.report.objects import severities
from reconciler.report.words import counted, duration, listed


def render(judgement: Judgement, style: Style = PLAIN, seconds: float | None = None) -> str:
    """All findings in order and one line of summary; `seconds` is how long it took."""
    lines = [line for found in judgement.findings for line in _finding(found, style)]
    if lines:
        lines.append("")
    lines.append(_summary(judgement, style, seconds))
    return "\n".join(lines) + "\n"


def tally(findings: tuple[Finding, ...]) -> str:
    """ "2 errors, 1 warning", "no findings"."""
    counts = severities(findings)
    words = [
        counted(counts["error"], "error") if counts["error"] else "",
        counted(counts["warning"], "warning") if counts["warning"] else "",
        f"{counts['info']:,} info" if counts["info"] else "",
    ]
    return ", ".join(word for word in words if word) or "no findings"


def _finding(found: Finding, style: Style) -> Iterator[str]:
    place = f"{terminal(found.path)}:{found.line}:{found.column}"
    known = style.dim("  (in the base already)") if found.new is False else ""
    level = _coloured(found.severity, style)
    yield f"{style.bold(place)}  {level}  {found.rule}{known}"
    yield f"    {terminal(found.message)}"
    if found.hint:
        yield f"    {style.dim('hint:')} {terminal(found.hint)}"


def _coloured(severity: Severity, style: Style) -> str:
    padded = severity.value.ljust(7)
    if severity is Severity.ERROR:
        return style.bad(padded)
    return style.warn(padded) if severity is Severity.WARNING else style.dim(padded)


def _summary(judgement: Judgement, style: Style, seconds: float | None) -> str:
    read = f"{counted(judgement.documents, 'document')} in {counted(judgement.files, 'file')}"
    took = "" if seconds is None else f", {duration(seconds)}"
    subject = "This working tree" if judgement.revision is None else "This revision"
    if judgement.valid:
        verdict = style.good(f"{subject} is valid.")
    else:
        verdict = style.bad(f"{subject} would be refused.")
    return f"{read}{took}: {tally(judgement.findings)}{_apart(judgement.findings)}. {verdict}"


def _apart(findings: tuple[Finding, ...]) -> str:
    errors = [found for found in findings if found.severity is Severity.ERROR]
    old = sum(found.new is False for found in errors)
    if not old:
        return ""
    return f" ({listed([f'{len(errors) - old:,} new', f'{old:,} in the base already'])})"
