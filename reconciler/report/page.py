"""Blocks of Markdown -> one page of a bounded length."""

from collections.abc import Iterable
from urllib.parse import quote

from reconciler.report.escape import markdown

# A comment may have 65,536 characters; the rest is left for what a workflow puts around it.
MOST_CHARACTERS = 60_000
_ROOM_FOR_FOOT = 2_000
_ROOM_FOR_REST = 200
_LONGEST_TEXT = 600


def text(said: str) -> str:
    """Escaped, and cut where one sentence would take the room of many."""
    cut = said if len(said) <= _LONGEST_TEXT else said[: _LONGEST_TEXT - 1] + "…"
    return markdown(cut)


class Links:
    """Paths below the publisher root as links to `prefix`, an http(s) URL; None: as code."""

    def __init__(self, prefix: str | None = None) -> None:
        self._prefix = prefix

    def path(self, path: str, line: int | None = None, column: int | None = None) -> str:
        """The path, with line and column where they are given."""
        place = ":".join(str(part) for part in (path, line, column) if part is not None)
        shown = f"<code>{markdown(place)}</code>"
        if self._prefix is None:
            return shown
        anchor = "" if line is None else f"#L{line}"
        return f"[{shown}]({self._prefix}{quote(path)}{anchor})"


class Page:
    """Collects blocks and leaves out lines of lists, and says so, when the room is used up.

    `most` is what one block may take of it, so that those after it are not crowded out.
    """

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._room = MOST_CHARACTERS - _ROOM_FOR_FOOT
        self._left_out = 0

    def add(self, block: str) -> None:
        """A block that is there whatever the room."""
        self._blocks.append(block)
        self._room -= len(block) + 2

    def _add_if_it_fits(self, block: str) -> None:
        if len(block) + 2 <= self._room:
            self.add(block)
        else:
            self._left_out += 1

    def foot(self, block: str) -> None:
        """For the foot room was kept."""
        if self._left_out:
            block = f"… and {self._left_out:,} more sections.\n\n{block}"
        self._blocks.append(block)

    def _listed(self, lines: Iterable[str], most: int, more: int = 0, apart: str = "\n") -> str:
        kept: list[str] = []
        left_out = more
        room = min(self._room, most) - _ROOM_FOR_REST
        full = False
        for line in lines:
            room -= len(line) + len(apart)
            full = full or room <= 0
            if full:
                left_out += 1
            else:
                kept.append(line)
        body = apart.join(kept)
        if not left_out:
            return body
        rest = f"… and {left_out:,} more; the output of the command has them all."
        return f"{body}\n\n{rest}" if body else rest

    def table(
        self, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], most: int = MOST_CHARACTERS
    ) -> None:
        """Nothing where there is no row."""
        body = self._listed((f"| {' | '.join(row)} |" for row in rows), most)
        if body:
            self._add_if_it_fits(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n{body}")

    def section(
        self, title: str, lines: Iterable[str], most: int = MOST_CHARACTERS, apart: str = "\n"
    ) -> None:
        """Nothing without lines."""
        body = self._listed(lines, most, apart=apart)
        if body:
            self._add_if_it_fits(f"### {title}\n\n{body}")

    def listing(self, lines: Iterable[str], most: int = MOST_CHARACTERS) -> None:
        """Lines without a title."""
        body = self._listed(lines, most)
        if body:
            self._add_if_it_fits(body)

    def folded(
        self, title: str, lines: Iterable[str], most: int = MOST_CHARACTERS, more: int = 0
    ) -> None:
        """Nothing without lines; `more` are those that nobody has kept."""
        body = self._listed(lines, most, more)
        if body:
            self._add_if_it_fits(f"<details><summary>{title}</summary>\n\n{body}\n\n</details>")

    def text(self) -> str:
        """All blocks, ending in a newline."""
        return "\n\n".join(self._blocks) + "\n"
