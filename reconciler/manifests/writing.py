"""The parts of manifests -> their text in the one form that `fmt` and all writers give it."""

import re
from collections.abc import Iterable
from itertools import pairwise

from reconciler.manifests.nodes import Collection, Document, Entry, Node, Scalar
from reconciler.manifests.quoting import as_scalar

WIDTH = 100
_BREAKS = re.compile(r"(?<=[^ ]) (?=[^ ])")


def write(documents: Iterable[Document]) -> str:
    """The text of a file."""
    out = _Lines()
    for document in documents:
        if out:
            out.append("---")
        out.comments("", document.head[1:] if document.head[:1] == [""] else document.head)
        _entries(document.root, 0, out)
    return "\n".join(out) + "\n"


class _Lines(list[str]):
    """Lines of text.

    A blank one behind a block scalar that keeps all its line feeds is left out: it would be one
    more of them.
    """

    kept = 0

    def comments(self, margin: str, comments: list[str]) -> None:
        """Comments, an empty one standing for a blank line."""
        for comment in comments:
            if comment or len(self) != self.kept:
                self.append(margin + comment if comment else "")

    def block(self, margin: str, lines: tuple[str, ...], *, keeps: bool) -> None:
        """The lines of a block scalar."""
        self += [margin + line if line else "" for line in lines]
        self.kept = len(self) if keeps else self.kept


def _entries(collection: Collection, indent: int, out: _Lines, lead: str | None = None) -> None:
    """`lead`: what stands before the first entry on its line instead of the indentation."""
    margin = " " * indent
    for number, entry in enumerate(collection.entries):
        start = lead if lead is not None and number == 0 else margin
        above = start[: len(start) - len(start.lstrip(" "))]
        head = entry.head[1:] if number == 0 and entry.head and not entry.head[0] else entry.head
        out.comments(above, head)
        if entry.key is None:
            _item(entry, start, indent, out)
        else:
            _value(entry, f"{start}{as_scalar(entry.key)}:", indent, out)
    out.comments(margin, collection.foot)


def _item(entry: Entry, start: str, indent: int, out: _Lines) -> None:
    value = entry.value
    if isinstance(value, Collection) and value.anchor is None and _flow(value, indent + 2) is None:
        if entry.note:
            out.append(" " * indent + entry.note)
        _entries(value, indent + 2, out, lead=f"{start}- ")
    else:
        _value(entry, f"{start}-", indent, out)


def _value(entry: Entry, prefix: str, indent: int, out: _Lines) -> None:
    """`prefix` is the line up to the value, whose entry stands at `indent`."""
    value, note = entry.value, f"  {entry.note}" if entry.note else ""
    if value.anchor is not None:
        prefix += f" &{value.anchor}"
    inside = indent + 2
    if isinstance(value, Collection):
        flow = _flow(value, len(prefix) + 1)
        if flow is not None:
            out.append(f"{prefix} {flow}{note}")
        else:
            out.append(prefix + note)
            _entries(value, inside, out)
    elif value.block is not None:
        header, lines = value.block
        out.append(f"{prefix} {header}{note}")
        out.block(" " * inside, lines, keeps="+" in header)
    else:
        text = as_scalar(value.text) if value.is_text else value.text
        out += _folded(f"{prefix} {text}" if text else prefix, len(prefix) + 1, inside)
        out[-1] += note


def _folded(line: str, start: int, inside: int) -> list[str]:
    """A line whose value begins at `start`, broken where a single space stands."""
    if len(line) <= WIDTH:
        return [line]
    ends = [match.start() for match in _BREAKS.finditer(line, start)]
    lines, begin, room = [], 0, WIDTH
    for end, following in pairwise([*ends, len(line)]):
        if following - begin > room:
            lines.append(line[begin:end])
            begin, room = end + 1, WIDTH - inside
    lines.append(line[begin:])
    return [lines[0], *(" " * inside + rest for rest in lines[1:])]


def _flow(value: Collection, column: int) -> str | None:
    """The collection on one line from `column` on; None where it is written line by line."""
    if value.entries and not value.flow:
        return None
    text = on_one_line(value)
    return text if text is not None and column + len(text) <= WIDTH else None


def on_one_line(value: Node) -> str | None:
    """The value in one line; None where comments stand in the way, or a text of several lines."""
    if isinstance(value, Scalar):
        return None if value.block else _scalar_in_flow(value)
    parts = []
    for entry in value.entries:
        inner = on_one_line(entry.value)
        if inner is None or entry.note or any(entry.head):
            return None
        if entry.value.anchor is not None and isinstance(entry.value, Collection):
            inner = f"&{entry.value.anchor} {inner}"
        parts.append(inner if entry.key is None else f"{_key(entry.key)}: {inner}")
    text = ", ".join(parts)
    return f"{{{text}}}" if value.is_mapping else f"[{text}]"


def _key(key: str) -> str:
    return as_scalar(key, in_flow=True)


def _scalar_in_flow(value: Scalar) -> str:
    text = as_scalar(value.text, in_flow=True) if value.is_text else value.text
    return f"&{value.anchor} {text}" if value.anchor is not None else text
