"""A value in the text of YAML documents -> the text with another there, each other line as it was.

Places come from the marks of the parser, so nothing is written anew but the value itself. Whoever
calls reads the result again: where aliases or tags stand in the way it says something else.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from reconciler.errors import ReconcilerError
from reconciler.manifests.nodes import Collection, Document, Node, Scalar, node_of
from reconciler.manifests.parts import LeftAsItIs, parts
from reconciler.manifests.quoting import as_scalar, in_quotes
from reconciler.manifests.writing import on_one_line, write

_COLON = re.compile(r"\s*:")
_BY_HAND = (
    "the manifest can't be edited without changing more than it should.",
    "edit it by hand.",
)
_NULL = "tag:yaml.org,2002:null"

Edit = tuple[int, int, str]
"""From where to where, and what comes there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A value (`node`), what it is in, its key (None in a list), and what is missing below it.

    `flow`: it stands in braces or brackets. `line` is where what holds it begins.
    """

    node: yaml.Node
    key: yaml.Node | None
    flow: bool
    line: int
    missing: tuple[str | int, ...]


def spliced(text: str, document: int, steps: Sequence[str | int], value: Any) -> str:
    """The text with `value` at `steps` of a document; mappings on the way are made.

    Comments that stood in what is replaced stay, above it. Raises ReconcilerError where only a
    person can do it.
    """
    editor = _Editor(text)
    place = editor.place(document, tuple(steps))
    if place.missing:
        for step in reversed(place.missing[1:]):
            value = {step: value}
        edits = editor.added(place, place.missing[0], value)
    else:
        edits = editor.replaced(place, value)
    return editor.with_comments(editor.applied(edits), edits, place)


class _Editor:
    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def place(self, document: int, steps: tuple[str | int, ...]) -> _Place:
        """Where the steps lead, as far as they do."""
        try:
            node = list(yaml.compose_all(self._text, Loader=yaml.CSafeLoader))[document]
        except yaml.YAMLError:
            raise ReconcilerError(*_BY_HAND) from None
        key: yaml.Node | None = None
        flow, line = False, node.start_mark.line
        for number, step in enumerate(steps):
            flow = flow or bool(getattr(node, "flow_style", False))
            found = _below(node, step)
            if found is None:
                missing = steps[number:]
                return _Place(node=node, key=key, flow=flow, line=line, missing=missing)
            key, node = found
            line = line if flow else (key or node).start_mark.line
        return _Place(node=node, key=key, flow=flow, line=line, missing=())

    def replaced(self, place: _Place, value: Any) -> list[Edit]:
        node, key = place.node, place.key
        start, end = self._at(node.start_mark), self._at(node.end_mark)
        if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') and _fits_quotes(value):
            new = in_quotes(value) if node.style == '"' else "'" + value.replace("'", "''") + "'"
            return [(start, end, new)]
        if place.flow or _is_flow(node):
            return [(start, end, " " * (start == end) + _in_flow(value))]
        if isinstance(value, list) and (kept := self._items(node, value)) is not None:
            return kept
        first, *body = _rendered("", value, 0 if key is None else key.start_mark.column)
        if not body and not _is_block(node) and start < end:
            return [(start, end, first.lstrip(" "))]
        if key is None:
            raise ReconcilerError(*_BY_HAND)
        below = "".join(f"{self._newline}{line}" for line in body)
        colon, after = self._colon(key), self._line_end(self._last_line(node))
        if not _is_block(node):
            return [(colon, end, first), (after, after, below)]
        if isinstance(node, yaml.ScalarNode):
            return [(colon, after, first + below)]
        return [(colon, colon, first), (self._line_end(key.end_mark.line), after, below)]

    def _items(self, node: yaml.Node, values: list[Any]) -> list[Edit] | None:
        """A list of texts line by line: what stays keeps its line. None for anything else."""
        old = node.value if isinstance(node, yaml.SequenceNode) else []
        simple = all(isinstance(value, str) and "\n" not in value for value in values)
        if not (old and values and simple and all(map(_is_plain_item, old))):
            return None
        start = node.start_mark.line
        margin = " " * node.start_mark.column
        rows: dict[str, str] = {}
        for item in old:
            end = item.start_mark.line
            rows[item.value] = self._text[self._starts[start] : self._line_end(end)]
            start = end + 1
        lines = [rows.get(value, f"{margin}- {as_scalar(value)}") for value in values]
        first, last = self._starts[node.start_mark.line], self._line_end(start - 1)
        return [(first, last, self._newline.join(lines))]

    def added(self, place: _Place, step: str | int, value: Any) -> list[Edit]:
        node = place.node
        if isinstance(node, yaml.ScalarNode) and node.tag == _NULL and isinstance(step, str):
            return self.replaced(place, {step: value})
        if isinstance(step, str) != isinstance(node, yaml.MappingNode):
            raise ReconcilerError(*_BY_HAND)
        last = node.value[-1] if node.value else None
        if place.flow or _is_flow(node):
            text = _in_flow({step: value} if isinstance(step, str) else [value])[1:-1]
            if last is None:
                at = self._at(node.start_mark) + 1
                return [(at, at, text)]
            at = self._at((last[1] if isinstance(last, tuple) else last).end_mark)
            return [(at, at, f", {text}")]
        column = node.start_mark.column
        if isinstance(step, str):
            first, *body = _rendered(as_scalar(step), value, column)
            new = [" " * column + first, *body]
        else:
            new = [line[2:] for line in _rendered("", [value], column)[1:]]
        at = self._line_end(self._last_line(node))
        return [(at, at, "".join(f"{self._newline}{line}" for line in new))]

    def applied(self, edits: list[Edit]) -> str:
        text = self._text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def with_comments(self, after: str, edits: list[Edit], place: _Place) -> str:
        """The text with the comments that the edits took out above the line of the place."""
        lost = _lost(self._text, after)
        if lost is None and any("#" in self._text[start:end] for start, end, _ in edits):
            raise ReconcilerError(*_BY_HAND)
        if not lost:
            return after
        line = self._lines[place.line]
        margin = line[: len(line) - len(line.lstrip(" "))]
        above = "".join(f"{margin}{comment}{self._newline}" for comment in lost)
        at = self._starts[place.line]
        return after[:at] + above + after[at:]

    def _at(self, mark: Any) -> int:
        start: int = self._starts[mark.line]
        return start + cast(int, mark.column)

    def _line_end(self, number: int) -> int:
        """Behind the last character of a line, before what ends it."""
        if number >= len(self._lines):
            return len(self._text)
        return self._starts[number] + len(self._lines[number].rstrip("\r\n"))

    def _colon(self, key: yaml.Node) -> int:
        """Behind the colon of a key."""
        found = _COLON.match(self._text, self._at(key.end_mark))
        if found is None:
            raise ReconcilerError(*_BY_HAND)
        return found.end()

    def _last_line(self, node: yaml.Node) -> int:
        """The last line on which something of the node stands."""
        if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            keeps = "+" in self._lines[node.start_mark.line][node.start_mark.column :].split("#")[0]
            last = int(node.end_mark.line) - (node.end_mark.column == 0)
            while not keeps and last > node.start_mark.line and not self._lines[last].strip():
                last -= 1
            return last
        if isinstance(node, yaml.ScalarNode) or _is_flow(node):
            return int(node.end_mark.line)
        last = node.start_mark.line
        for key, value in _entries(node):
            here = key or value
            last = max(last, here.end_mark.line)
            if value.start_mark.index >= here.start_mark.index:  # no alias of something above
                last = max(last, self._last_line(value))
        return last


def _below(node: yaml.Node, step: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def _entries(node: yaml.Node) -> Iterator[tuple[yaml.Node | None, yaml.Node]]:
    for entry in node.value:
        yield entry if isinstance(node, yaml.MappingNode) else (None, entry)


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _is_block(node: yaml.Node) -> bool:
    """Whether it takes lines of its own: a block scalar, or entries line by line."""
    if isinstance(node, yaml.ScalarNode):
        return node.style in ("|", ">")
    return not _is_flow(node)


def _is_plain_item(node: yaml.Node) -> bool:
    on_a_line = node.start_mark.line == node.end_mark.line
    return isinstance(node, yaml.ScalarNode) and on_a_line and not _is_block(node)


def _fits_quotes(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _in_flow(value: Any) -> str:
    text = on_one_line(_without_blocks(node_of(value)))
    assert text is not None, "plain data has no comments"
    return text


def _without_blocks(node: Node) -> Node:
    if isinstance(node, Scalar):
        node.block = None
    else:
        for entry in node.entries:
            _without_blocks(entry.value)
    return node


def _rendered(key: str, value: Any, column: int) -> list[str]:
    """The lines of an entry at `column`; the first from `key` on, or from behind the colon."""
    root = node_of({"k": value})
    assert isinstance(root, Collection)
    first, *body = write([Document(root=root)]).split("\n")[:-1]
    margin = " " * column
    head = f"{key}:" if key else ""
    return [head + first.removeprefix("k:"), *(margin + line if line else "" for line in body)]


def _lost(before: str, after: str) -> list[str] | None:
    """The comments that only the text before has; None where nobody can tell."""
    try:
        there = _comments(before)
        left = Counter(there) - Counter(_comments(after))
    except LeftAsItIs:
        return None
    return [comment for comment in dict.fromkeys(there) for _ in range(left[comment])]


def _comments(text: str) -> list[str]:
    return parts(text.replace("\r\n", "\n"))[1]
