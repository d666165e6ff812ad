"""Cells -> aligned columns, and words -> words in colour where the terminal shows it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How words stand out; with `colour` False they are left as they are."""

    colour: bool = False

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def dim(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def warn(self, text: str) -> str:
        return self._in("33", text)

    def bad(self, text: str) -> str:
        return self._in("31", text)


PLAIN = Style()


def aligned(rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Lines of columns as wide as their widest cell; columns in `right` are flush right."""
    cells = [list(row) for row in rows]
    if not cells:
        return []
    width = max(map(len, cells))
    for row in cells:
        row.extend([""] * (width - len(row)))
    widths = [max(len(row[column]) for row in cells) for column in range(width)]
    return [
        _GAP.join(
            cell.rjust(size) if column in right else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Collection[int] = (),
    style: Style = PLAIN,
) -> str:
    """Aligned columns below headings, ending in a newline."""
    heading, *lines = aligned([headings, *rows], right)
    return "\n".join([style.bold(heading), *lines]) + "\n"
