"""A judgement -> a page of Markdown for the summary of a CI job, of a bounded length."""

from collections.abc import Iterable

from reconciler.model.findings import Finding
from reconciler.model.outcome import Judgement
from reconciler.report.escape import markdown
from reconciler.report.page import MOST_CHARACTERS, Links, text
from reconciler.report.validation.text import summary
from reconciler.report.validation.urgency import by_urgency, parted


def render(judgement: Judgement, seconds: float | None = None) -> str:
    """The verdict, then the findings, the new ones apart; the rest is counted where room ends."""
    sign = "✅" if judgement.valid else "⛔"
    blocks = [f"{sign} **{markdown(summary(judgement, seconds=seconds))}**"]
    parts = parted(judgement.findings)
    if parts is None:
        sections = {"Findings": judgement.findings}
    else:
        sections = dict(zip(("New with this change", "In the base already"), parts, strict=True))
    room = MOST_CHARACTERS - len(blocks[0]) - 200
    for title, findings in sections.items():
        if findings:
            body = _fitting(map(finding_line, by_urgency(findings)), room)
            room -= len(body)
            blocks.append(f"### {title}\n\n{body}")
    return "\n\n".join(blocks) + "\n"


def finding_line(found: Finding, links: Links | None = None) -> str:
    """One item of a list; `links` turn its place into a link, None shows it as code."""
    place = (links or Links()).path(found.path, found.line, found.column)
    known = " (in the base already)" if found.new is False else ""
    hint = f" Hint: {text(found.hint)}" if found.hint else ""
    head = f"- **{found.severity.value}** {place} {markdown(found.rule)}{known}"
    return f"{head}: {text(found.message)}{hint}"


def _fitting(lines: Iterable[str], room: int) -> str:
    kept, left_out = list[str](), 0
    for line in lines:
        room -= len(line) + 1
        if room > 0 and not left_out:
            kept.append(line)
        else:
            left_out += 1
    if left_out:
        kept.append(f"\n… and {left_out:,} more; reconciler validate tells them all.")
    return "\n".join(kept)
