"""The bytes of one file -> its YAML documents, each read as far as it can be.

A document that can't be read does not hide those after it: they start at the next line of three
hyphens. Lines and columns of troubles count from 1 here and above.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import yaml
from yaml.events import DocumentStartEvent, Event, StreamEndEvent

from reconciler.manifests.troubles import Trouble, Unreadable
from reconciler.manifests.values import GetEvent, ValueBuilder
from reconciler.manifests.wordings import parser_trouble, whole_file_troubles

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built without libyaml
    CParser = None  # type: ignore[assignment, misc]

MAX_BYTES = 1 << 20
MAX_BYTES_OF_LIST = 64 << 20
MAX_UNREADABLE = 50

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_START = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


class Builder(Protocol):
    """Turns the events of a document into something."""

    troubles: list[Trouble]
    nodes: int
    whole_decimals: bool

    def build(self, event: Event) -> Any:
        """The document that starts with `event`."""
        ...


MakeBuilder = Callable[[GetEvent, int], Builder]


@dataclass(slots=True, kw_only=True)
class Document:
    """One document: `index` counts from 0 through the file, empty documents included.

    `value` means something only when there are no troubles. `size` is in bytes, exact when it
    matters: an upper bound for files within the limit of one document. `source` is the text of a
    document that can't be read, to guess what it declares.
    """

    index: int
    line: int = 1
    value: Any = None
    size: int = 0
    nodes: int = 0
    whole_decimals: bool = False
    troubles: list[Trouble]
    source: bytes | None = None


def _values(get: GetEvent, _index: int) -> Builder:
    return ValueBuilder(get)


def documents(content: bytes, make_builder: MakeBuilder = _values) -> Iterator[Document]:
    """All documents of a file in order. Never raises for what the file holds."""
    content = content.removeprefix(BYTE_ORDER_MARK)
    troubles = whole_file_troubles(content)
    if troubles:
        yield Document(index=0, troubles=troubles, source=content)
        return
    if len(content) <= MAX_BYTES:
        try:
            found = list(_documents(content, make_builder))
        except (Unreadable, yaml.YAMLError):
            pass
        else:
            yield from found
            return
    yield from _one_by_one(content, make_builder)


def get_event(content: bytes) -> GetEvent:
    """What gives the events of a file one by one, by the fastest parser that there is."""
    if CParser is None:
        return yaml.SafeLoader(content).get_event
    return CParser(content).get_event


def _documents(
    content: bytes, make_builder: MakeBuilder, index: int = 0, line: int = 0
) -> Iterator[Document]:
    get = get_event(content)
    get()
    while (event := get()).__class__ is not StreamEndEvent:
        assert isinstance(event, DocumentStartEvent)
        first = get()
        builder = make_builder(get, index)
        value = builder.build(first)
        get()
        yield Document(
            index=index,
            line=first.start_mark.line + line + 1,
            value=value,
            size=len(content),
            nodes=builder.nodes,
            whole_decimals=builder.whole_decimals,
            troubles=[_moved(trouble, line) for trouble in builder.troubles],
        )
        index += 1


def _one_by_one(content: bytes, make_builder: MakeBuilder) -> Iterator[Document]:
    index, line, offset, unreadable = 0, 0, 0, 0
    for chunk in chunks(content):
        if len(chunk) > MAX_BYTES_OF_LIST:
            failure: Trouble | None = too_large(line + 1, "64 MiB")
        else:
            failure = None
            try:
                for document in _documents(chunk, make_builder, index, line):
                    index = document.index + 1
                    yield document
            except Unreadable as error:
                failure = _moved(error.trouble, line)
            except yaml.YAMLError as error:
                failure = _moved(parser_trouble(error, chunk), line)
        if failure is not None:
            unreadable += 1
            last = unreadable == MAX_UNREADABLE
            source = content[offset:] if last else chunk
            yield Document(index=index, line=line + 1, troubles=[failure], source=source)
            index += 1
            if last:
                return
        line += chunk.count(b"\n")
        offset += len(chunk)


def chunks(content: bytes) -> Iterator[bytes]:
    """The file cut before every document start; most chunks hold one document."""
    start = 0
    for match in _START.finditer(content):
        cut = _before_directives(content, start, match.start())
        if cut > start:
            yield content[start:cut]
            start = cut
    yield content[start:]


def _before_directives(content: bytes, start: int, end: int) -> int:
    """Where the lines of directives begin that stand right before `end`, not before `start`."""
    while end > start:
        line = content.rfind(b"\n", start, end - 1) + 1 or start
        if content[line : line + 1] != b"%":
            return end
        end = line
    return end


def too_large(line: int, limit: str) -> Trouble:
    """The trouble of a document over `limit` (rule yaml-limit)."""
    return Trouble(
        line=line,
        column=1,
        rule="yaml-limit",
        message=f"the document is larger than {limit}.",
        hint="split it into several files.",
    )


def _moved(trouble: Trouble, lines: int) -> Trouble:
    return replace(trouble, line=trouble.line + lines + 1, column=trouble.column + 1)
