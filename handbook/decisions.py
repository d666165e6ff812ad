"""The decision records -> the page that lists them."""

from pathlib import Path

from handbook.markdown import page

_INTRODUCTION = """\
Why it is so: what was hard to take back, with what led to it and what follows from it. New
records are added, and old ones stay as they are; a record that no longer holds says by which
one it was replaced."""


def decisions(top: Path) -> str:
    """The whole page, one line a record in their order; `top` holds docs/adr/."""
    records = sorted((top / "docs" / "adr").glob("[0-9]*.md"))
    return page("Decisions", _INTRODUCTION, "\n".join(map(_line, records)))


def _line(record: Path) -> str:
    heading = record.read_text(encoding="utf-8").partition("\n")[0]
    return f"- [{heading.removeprefix('# ')}](adr/{record.name})"
