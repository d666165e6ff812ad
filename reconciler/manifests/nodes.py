"""The parts that the text of a manifest is made of: values, with comments beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.manifests.quoting import as_literal


@dataclass(slots=True, kw_only=True)
class Scalar:
    """One value. `text` is what it says where `is_text`, else what is written: a number, an alias.

    `block` is the header of a block scalar (| or >, with its marks) and its lines without
    indentation.
    """

    text: str
    is_text: bool = True
    block: tuple[str, tuple[str, ...]] | None = None
    anchor: str | None = None
    end_line: int = 0


@dataclass(slots=True, kw_only=True)
class Collection:
    """A mapping, or a list; `foot` are comments behind its last entry.

    `flow`: written in braces or brackets. `column`: where its entries began, in a text read.
    """

    is_mapping: bool
    entries: list["Entry"] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    flow: bool = False
    anchor: str | None = None
    column: int = 0
    end_line: int = 0


Node = Scalar | Collection


@dataclass(slots=True, kw_only=True)
class Entry:
    """A key with its value, or an item of a list (`key` None).

    `head` are the comments above it, an empty one standing for a blank line; `note` is the comment
    at the end of its first line. `line` and `column` say where it began, `parent` in what.
    """

    key: str | None
    value: Node
    head: list[str] = field(default_factory=list)
    note: str = ""
    line: int = 0
    column: int = 0
    parent: Collection | None = None


@dataclass(slots=True, kw_only=True)
class Document:
    """One document of a file; `head` are the comments that stay at its top."""

    root: Collection
    head: list[str] = field(default_factory=list)


def node_of(value: Any) -> Node:
    """Plain data as the parts that it is written as."""
    if isinstance(value, str):
        text = str(value)
        return Scalar(text=text, block=as_literal(text) if "\n" in text else None)
    if isinstance(value, dict | list | Mapping | Sequence):
        return _collection(value)
    if value is None:
        return Scalar(text="null", is_text=False)
    if isinstance(value, bool):
        return Scalar(text="true" if value else "false", is_text=False)
    text = repr(value)
    return Scalar(text=text if "." in text else text.replace("e", ".0e"), is_text=False)


def _collection(value: Mapping[str, Any] | Sequence[Any]) -> Collection:
    if isinstance(value, dict | Mapping):
        entries = [Entry(key=str(key), value=node_of(item)) for key, item in value.items()]
        return Collection(is_mapping=True, entries=entries)
    entries = [Entry(key=None, value=node_of(item)) for item in value]
    return Collection(is_mapping=False, entries=entries)
