"""Pointers into the documents of a file -> lines and columns; the file is read once more for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.manifests.complaints import Pointer
from reconciler.manifests.stream import BYTE_ORDER_MARK, Builder, documents
from reconciler.manifests.troubles import Trouble
from reconciler.manifests.values import GetEvent

Wanted = Mapping[int, set[Pointer]]  # by document


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Line and column, both from 1; `written` is the text of a scalar as the file has it."""

    line: int
    column: int
    written: str | None = None


_Tree = dict[str | int, Any]  # the steps that wanted pointers take, nested


class _PositionBuilder:
    """Walks one document along the wanted pointers and notes where they lead.

    A scalar lies where it stands, a mapping or list at its key, and what is not there at the
    nearest thing around it.
    """

    def __init__(self, get: GetEvent, pointers: set[Pointer]) -> None:
        self._get = get
        self._tree: _Tree = {}
        for pointer in pointers:
            branch = self._tree
            for step in pointer:
                branch = branch.setdefault(step, {})
        self.found: dict[Pointer, Position] = {}
        self.troubles: list[Trouble] = []
        self.nodes = 0
        self.whole_decimals = False

    def build(self, event: Any) -> dict[Pointer, Position]:
        """The position of everything wanted that exists, by pointer."""
        self._walk(event, self._tree, (), None)
        return self.found

    def _walk(self, event: Any, branch: _Tree | None, pointer: Pointer, key: Any) -> None:
        if branch is not None:
            self._note(event, pointer, key)
        if event.__class__ is MappingStartEvent:
            self._mapping(branch, pointer)
        elif event.__class__ is SequenceStartEvent:
            self._sequence(branch, pointer)

    def _note(self, event: Any, pointer: Pointer, key: Any) -> None:
        scalar = event.__class__ is ScalarEvent
        stands = scalar and (event.value or event.style)
        mark = (event if key is None or stands else key).start_mark
        self.found.setdefault(
            pointer,
            Position(
                line=mark.line,
                column=mark.column,
                written=event.value if scalar else None,
            ),
        )

    def _mapping(self, branch: _Tree | None, pointer: Pointer) -> None:
        while (key := self._get()).__class__ is not MappingEndEvent:
            if branch and key.__class__ is ScalarEvent and key.value in branch:
                below = branch[key.value]
                self._walk(self._get(), below, (*pointer, key.value), key)
                continue
            self._skip(key)
            self._skip(self._get())

    def _sequence(self, branch: _Tree | None, pointer: Pointer) -> None:
        index = 0
        while (event := self._get()).__class__ is not SequenceEndEvent:
            if branch and index in branch:
                self._walk(event, branch[index], (*pointer, index), None)
            else:
                self._skip(event)
            index += 1

    def _skip(self, event: Any) -> None:
        depth = 0
        while True:
            if event.__class__ in (MappingStartEvent, SequenceStartEvent):
                depth += 1
            elif event.__class__ not in (ScalarEvent, AliasEvent):
                depth -= 1
            if depth == 0:
                return
            event = self._get()


def find(content: bytes, wanted: Wanted) -> dict[tuple[int, Pointer], Position]:
    """The position of each wanted pointer, or of the nearest thing around it that exists.

    Documents that can't be read have no positions: the result lacks their pointers.
    """
    offset = 0 if not content.startswith(BYTE_ORDER_MARK) else len(BYTE_ORDER_MARK)

    def builder(get: GetEvent, index: int) -> Builder:
        return _PositionBuilder(get, wanted.get(index, set()))

    result: dict[tuple[int, Pointer], Position] = {}
    for document in documents(content[offset:], builder):
        if document.value is None or document.index not in wanted:
            continue
        lines_before = document.line - document.value[()].line
        for pointer in wanted[document.index]:
            nearest = _nearest(document.value, pointer)
            result[document.index, pointer] = Position(
                line=nearest.line + lines_before,
                column=nearest.column + 1,
                written=nearest.written if pointer in document.value else None,
            )
    return result


def _nearest(found: Mapping[Pointer, Position], pointer: Pointer) -> Position:
    while pointer not in found:
        pointer = pointer[:-1]
    return found[pointer]
