"""The lines of a file and where its entries stand -> each comment beside the entry it is about."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from reconciler.manifests.nodes import Collection, Document, Entry

_MAY_START = re.compile(r"(?:(?<=\s)|^)#")


@dataclass(slots=True)
class Beside:
    """Where things stand: lines count from 0, columns too.

    `entries` in the order of the text, outer ones first; `documents` with their first lines;
    `covered`: for a line the spans of columns in which scalars stand.
    """

    entries: list[Entry] = field(default_factory=list)
    documents: list[tuple[int, Document]] = field(default_factory=list)
    covered: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


def attach(lines: list[str], beside: Beside) -> list[str]:
    """Gives comments and blank lines to the entries that they belong to; returns the comments."""
    found: list[str] = []
    if not beside.documents:
        return found
    above: list[tuple[int, str]] = []  # (column, comment), and (0, "") for a blank line
    placing = _Placing(beside)
    entry_lines = placing.first_by_line
    for number, line in enumerate(lines):
        stripped = line.strip(" \t")
        if not stripped:
            if number not in beside.covered and (not above or above[-1][1]):
                above.append((0, ""))
            continue
        column = _comment_at(line, beside.covered.get(number, ())) if "#" in line else None
        comment = None if column is None else line[column:].rstrip()
        if comment is not None:
            found.append(comment)
            if column == len(line) - len(line.lstrip(" \t")):
                above.append((column, comment))
                continue
        if number in placing.starts:
            placing.end_document(above)
            above = []
        if number in entry_lines:
            placing.above(entry_lines[number], above)
            above = []
        elif number in beside.covered:
            above = [pair for pair in above if pair[1]]
        if comment is not None and not placing.at_end_of_line(number, comment):
            above.append((1 << 30, comment))
    placing.end_document(above)
    return found


def _comment_at(line: str, covered: list[tuple[int, int]] | tuple[()]) -> int | None:
    for match in _MAY_START.finditer(line):
        at = match.start()
        if not any(start <= at < end for start, end in covered):
            return at
    return None


class _Placing:
    def __init__(self, beside: Beside) -> None:
        self._entries = beside.entries
        self._lines = [entry.line for entry in beside.entries]
        self.first_by_line: dict[int, int] = {}
        for index, entry in enumerate(beside.entries):
            self.first_by_line.setdefault(entry.line, index)
        self._documents = [document for _, document in beside.documents]
        self._first_entries = {id(document.root): document for document in self._documents}
        self._holders = {
            id(entry.value): entry
            for entry in beside.entries
            if isinstance(entry.value, Collection)
        }
        # The comments above the first document are its own, wherever its first line is.
        self.starts = {line for line, _ in beside.documents[1:]}
        self._current = 0

    def above(self, index: int, comments: list[tuple[int, str]]) -> None:
        """Comments between the entry before and this one: above this, or at the foot of that."""
        if not comments:
            return
        entry = self._entries[index]
        parent = entry.parent
        assert parent is not None
        if entry is parent.entries[0]:
            document = self._first_entries.get(id(parent))
            target = entry.head if document is None else document.head
            target += [comment for _, comment in comments]
            return
        chain = list(self._open_after(index - 1, parent))
        blank = False
        for column, comment in comments:
            if not comment:
                blank = True
                continue
            owner = _deepest(chain, column) if column != 1 << 30 else None
            target = entry.head if owner is None else owner.foot
            chain = [] if owner is None else chain[chain.index(owner) :]
            target += ["", comment] if blank else [comment]
            blank = False
        if blank:
            entry.head.append("")

    def _open_after(self, index: int, until: Collection | None) -> Iterator[Collection]:
        """The collections that an entry closes, innermost first, up to but without `until`."""
        entry: Entry | None = self._entries[index]
        while entry is not None and entry.parent is not until:
            assert entry.parent is not None
            if not entry.parent.flow:
                yield entry.parent
            entry = self._holder(entry.parent)

    def _holder(self, collection: Collection) -> Entry | None:
        return self._holders.get(id(collection))

    def end_document(self, comments: list[tuple[int, str]]) -> None:
        """Comments behind the last entry of a document."""
        document = self._documents[self._current]
        self._current += 1
        while comments and not comments[-1][1]:
            comments.pop()
        end = len(self._entries)
        if self._current < len(self._documents):
            following = self._documents[self._current].root.entries
            end = self._index_of(following[0]) if following else end
        chain = list(self._open_after(end - 1, None)) if end else []
        blank = False
        for column, comment in comments:
            if not comment:
                blank = True
                continue
            owner = _deepest(chain, column) or document.root
            chain = chain[chain.index(owner) :] if owner in chain else []
            owner.foot += ["", comment] if blank else [comment]
            blank = False

    def _index_of(self, entry: Entry) -> int:
        index = self.first_by_line[entry.line]
        while self._entries[index] is not entry:
            index += 1
        return index

    def at_end_of_line(self, number: int, comment: str) -> bool:
        """Gives a comment behind something on a line to the entry there; False: there is none."""
        index = self.first_by_line.get(number)
        owner = self._ended_on(number) if index is None else self._started_on(number, index)
        if owner is None:
            return False
        if owner.note:
            owner.head.append(comment)
        else:
            owner.note = comment
        return True

    def _started_on(self, number: int, index: int) -> Entry:
        """Of the entries of a line the one that is the line's: what ends on it, or the last."""
        owner, within = None, None
        last = self._entries[index]
        while index < len(self._entries) and self._lines[index] == number:
            last = self._entries[index]
            value = last.value
            inline = not isinstance(value, Collection) or value.flow or not value.entries
            if within is not None and self._is_inside(last, within):
                index += 1
                continue
            if inline and value.end_line == number:
                owner = last
                within = value if isinstance(value, Collection) else None
            index += 1
        return owner or last

    def _is_inside(self, entry: Entry, collection: Collection) -> bool:
        parent = entry.parent
        while parent is not None and parent is not collection:
            holder = self._holder(parent)
            parent = None if holder is None else holder.parent
        return parent is not None

    def _ended_on(self, number: int) -> Entry | None:
        """The entry, begun on a line before, whose value ends on this one."""
        index = bisect_right(self._lines, number) - 1
        entry: Entry | None = self._entries[index] if index >= 0 else None
        found = None
        while entry is not None:
            value = entry.value
            inline = not isinstance(value, Collection) or value.flow
            if inline and value.end_line == number:
                found = entry
            assert entry.parent is not None
            entry = self._holder(entry.parent)
        return found


def _deepest(chain: list[Collection], column: int) -> Collection | None:
    """Of collections, innermost first, the first whose entries are not right of the column."""
    return next((found for found in chain if found.column <= column), None)
