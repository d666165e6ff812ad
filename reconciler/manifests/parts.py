"""The text of a file -> the parts that its documents are made of, each comment at its place."""

import re
from collections.abc import Callable
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.manifests.comments import Beside, attach
from reconciler.manifests.nodes import Collection, Document, Entry, Node, Scalar
from reconciler.manifests.quoting import as_literal
from reconciler.manifests.scalars import WORDS, NoValue, plain
from reconciler.manifests.stream import get_event
from reconciler.manifests.values import MAX_DEPTH

_STRING_TAGS = ("!", "tag:yaml.org,2002:str")
_HEADER = re.compile(r"[|>](?=(?:[+-]?[1-9]?|[1-9][+-])(?:\s|\Z))(?P<marks>[+-]?[1-9]?[+-]?)")
_DIGIT = re.compile("[1-9]")


UNREADABLE = "can't be read"


class LeftAsItIs(Exception):
    """A file that can't be brought into form; the text says why, after "it"."""


def parts(text: str) -> tuple[list[Document], list[str]]:
    """The documents of a text with line feeds only, and all its comments.

    Empty documents are left out. Raises LeftAsItIs.
    """
    lines = text.split("\n")
    reader = _Reader(get_event(text.encode("utf-8")), lines)
    try:
        reader.read()
    except yaml.YAMLError as error:
        raise LeftAsItIs(UNREADABLE) from error
    comments = attach(lines, reader.beside)
    for entry in reader.beside.entries:
        entry.parent = None  # no cycle is left: nobody has to look for it
    return reader.documents, comments


class _Reader:
    def __init__(self, get: Callable[[], Any], lines: list[str]) -> None:
        self._get = get
        self._lines = lines
        self.documents: list[Document] = []
        self.beside = Beside()

    def read(self) -> None:
        """Every document of the file."""
        self._get()
        while (event := self._get()).__class__ is not StreamEndEvent:
            assert event.__class__ is DocumentStartEvent
            if event.version or event.tags:
                raise LeftAsItIs("has directives")
            first = self._get()
            if first.__class__ is MappingStartEvent:
                document = Document(root=self._collection(first, 1))
                self.documents.append(document)
                line = _line(event if event.explicit else first)
                self.beside.documents.append((line, document))
            elif not (first.__class__ is ScalarEvent and first.value in WORDS and not first.anchor):
                raise LeftAsItIs("holds something that is no manifest")
            self._get()

    def _node(self, event: Any, parent: Collection, depth: int) -> Node:
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event, parent)
        if kind is AliasEvent:
            return Scalar(text=f"*{event.anchor}", is_text=False, end_line=_line(event))
        if depth > MAX_DEPTH:
            raise LeftAsItIs(UNREADABLE)
        return self._collection(event, depth)

    def _collection(self, event: Any, depth: int) -> Collection:
        is_mapping = event.__class__ is MappingStartEvent
        column = event.start_mark.column
        flow = bool(event.flow_style)
        found = Collection(is_mapping=is_mapping, flow=flow, anchor=event.anchor)
        end = MappingEndEvent if is_mapping else SequenceEndEvent
        found.column = column
        while (event := self._get()).__class__ is not end:
            mark = event.start_mark
            if not found.entries and not flow and is_mapping:
                found.column = mark.column
            entry = Entry(
                key=None,
                value=_NOTHING,
                line=mark.line,
                column=mark.column if is_mapping else found.column,
                parent=found,
            )
            self.beside.entries.append(entry)
            if is_mapping:
                entry.key = self._key(event)
                event = self._get()
            entry.value = self._node(event, found, depth + 1)
            found.entries.append(entry)
        last = found.entries[-1].value.end_line if found.entries else 0
        found.end_line = _end_line(event) if flow else last
        return found

    def _key(self, event: Any) -> str:
        if event.__class__ is not ScalarEvent or event.anchor:
            raise LeftAsItIs("has a key that is no plain text")
        self._cover(event)
        key: str = event.value
        return key

    def _scalar(self, event: Any, parent: Collection) -> Scalar:
        if event.style in ("|", ">"):
            return self._block(event, parent)
        self._cover(event)
        found = Scalar(text=event.value, anchor=event.anchor, end_line=_end_line(event))
        untagged = event.implicit[0] and event.tag is None
        if not untagged and event.tag in (None, *_STRING_TAGS):
            found.block = as_literal(event.value)
            return found
        try:
            value = plain(event.value)
        except NoValue as error:
            raise LeftAsItIs(UNREADABLE) from error
        found.is_text = isinstance(value, str)
        if value is None:
            found.text = "null"
        elif isinstance(value, bool):
            found.text = "true" if value else "false"
        return found

    def _cover(self, event: Any) -> None:
        """Remembers where a scalar stands, so that nothing in it is taken for a comment."""
        start, end = event.start_mark, event.end_mark
        covered = self.beside.covered
        if start.line == end.line:
            covered.setdefault(start.line, []).append((start.column, end.column))
            return
        covered.setdefault(start.line, []).append((start.column, 1 << 30))
        for line in range(start.line + 1, end.line):
            covered[line] = [(0, 1 << 30)]
        covered.setdefault(end.line, []).append((0, end.column))

    def _block(self, event: Any, parent: Collection) -> Scalar:
        line = event.start_mark.line
        match = _HEADER.search(self._lines[line], event.start_mark.column)
        if match is None or event.tag not in (None, *_STRING_TAGS):
            raise LeftAsItIs("has a block scalar of another form")
        marks = match["marks"]
        digit = _DIGIT.search(marks)
        inside = parent.column + int(digit[0]) if digit else None
        body = self._body(line + 1, inside, parent.column)
        if "+" not in marks:
            while body and not body[-1]:
                body.pop()
        for covered in range(line + 1, line + 1 + len(body)):
            self.beside.covered[covered] = [(0, 1 << 30)]
        header = match[0][0] + ("2" if digit else "") + marks.strip("123456789")
        return Scalar(
            text=event.value,
            block=(header, tuple(body)),
            anchor=event.anchor,
            end_line=line + len(body),
        )

    def _body(self, line: int, inside: int | None, outside: int) -> list[str]:
        """The lines of a block scalar from `line` on, without what indents them."""
        body: list[str] = []
        while line < len(self._lines) - 1 or self._lines[-1]:
            if line >= len(self._lines):
                break
            text = self._lines[line]
            content = text.lstrip(" ")
            if content:
                indent = len(text) - len(content)
                inside = indent if inside is None and indent > outside else inside
                if inside is None or indent < inside:
                    break
            body.append("" if inside is None else text[inside:])
            line += 1
        return body


def _line(event: Any) -> int:
    """Where an event begins, from 0."""
    line: int = event.start_mark.line
    return line


def _end_line(event: Any) -> int:
    """Where an event ends."""
    line: int = event.end_mark.line
    return line


_NOTHING = Scalar(text="", is_text=False)
