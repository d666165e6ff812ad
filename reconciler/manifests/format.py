"""The bytes of a manifest file -> the same in canonical form, proved to say the same."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest

from reconciler.manifests import parallel
from reconciler.manifests.fields import put_in_order, shape
from reconciler.manifests.nodes import Document, Scalar
from reconciler.manifests.parts import UNREADABLE, LeftAsItIs, parts
from reconciler.manifests.schemas import API_VERSION
from reconciler.manifests.stream import BYTE_ORDER_MARK, documents
from reconciler.manifests.writing import write
from reconciler.model.memory import paused_gc

_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")


def formatted(content: bytes) -> bytes:
    """The content in canonical form: itself, if it is. Raises LeftAsItIs.

    Every value, the order of documents and items, and every comment stay; the order of fields is
    that of the schemas.
    """
    try:
        text = content.removeprefix(BYTE_ORDER_MARK).decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise LeftAsItIs(UNREADABLE) from error
    if _OTHER_BREAKS.search(text):
        raise LeftAsItIs("has line breaks that only some programs know")
    found, comments = parts(text)
    if not found:
        return content
    after = _written(found).encode("utf-8")
    if after != content:
        _prove(content, after, comments)
    return after


def verdict(content: bytes) -> bytes | str | None:
    """The content in canonical form; None where it has it; a text that says why it stays."""
    try:
        after = formatted(content)
    except LeftAsItIs as reason:
        return str(reason)
    return None if after == content else after


def verdicts(contents: Iterator[bytes], count: int) -> Iterator[bytes | str | None]:
    """verdict() of `count` files in order, by several processes where that is sooner."""
    with paused_gc():
        if not parallel.worthwhile(count):
            yield from map(verdict, contents)
            return
        with closing(parallel.mapped(contents, _all)) as found:
            yield from found


def _all(contents: list[bytes]) -> list[bytes | str | None]:
    return list(map(verdict, contents))


def _written(found: list[Document]) -> str:
    for document in found:
        values = {
            entry.key: entry.value.text
            for entry in document.root.entries
            if isinstance(entry.value, Scalar)
        }
        if values.get("apiVersion") != API_VERSION:
            raise LeftAsItIs(f"holds something that is no manifest of {API_VERSION}")
        put_in_order(document.root, shape(values.get("kind", "")))
    return write(found)


def _prove(before: bytes, after: bytes, comments: list[str]) -> None:
    """Raises LeftAsItIs unless both say the same, and `after` stays as it is from now on."""
    pairs = zip_longest(
        (found for found in documents(before) if found.value is not None or found.troubles),
        documents(after),
    )
    for one, other in pairs:
        if one is None or one.troubles:
            raise LeftAsItIs(UNREADABLE)
        if other is None or other.troubles or not _same(one.value, other.value):
            raise LeftAsItIs("would not say the same")
    again, kept = parts(after.decode("utf-8"))
    if Counter(kept) != Counter(comments):
        raise LeftAsItIs("would lose a comment")
    if _written(again).encode("utf-8") != after:
        raise LeftAsItIs("has no form that stays")


def _same(one: object, other: object) -> bool:
    """Equal values of equal types: 1 is neither 1.0 nor true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other
