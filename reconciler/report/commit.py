"""What a command proposes -> the message of the commit that proposes it."""

import textwrap
from collections.abc import Iterable, Mapping

from reconciler.report.escape import terminal
from reconciler.report.words import counted

_WIDTH = 72


def message(subject: str, *paragraphs: str | None, trailer: str | None = None) -> str:
    """A subject in the imperative, paragraphs of at most 72 columns, and a trailer.

    Lines that are indented are kept as they are; nothing in a text can end a line.
    """
    parts = [terminal(subject)]
    for paragraph in filter(None, paragraphs):
        lines = paragraph.split("\n")
        parts.append("\n".join(_wrapped(terminal(line)) for line in lines).rstrip())
    if trailer is not None:
        parts.append(terminal(trailer))
    return "\n\n".join(parts) + "\n"


def _wrapped(line: str) -> str:
    if line.startswith(" "):
        return line
    return "\n".join(textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False))


def changed(changes: Mapping[str, tuple[str | None, str | None]]) -> str:
    """A line for each component: "  stock-sync 2.1 -> 2.2"."""
    return "\n".join(
        f"  {name} {before or 'new'} -> {after or 'removed'}"
        for name, (before, after) in changes.items()
    )


def whom(pack: str, attachments: int | None, accounts: int) -> str:
    """Whom a release of the pack reaches; `attachments` None where there is no install base."""
    if attachments is None:
        return f"{counted(accounts, 'account')} may install {pack}."
    verb = "runs" if attachments == 1 else "run"
    return f"{counted(attachments, 'attachment')} {verb} {pack}."


def sentences(texts: Iterable[str | None]) -> str:
    """Several sentences as one paragraph, those that there are."""
    return " ".join(text for text in texts if text)
