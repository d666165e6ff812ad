"""A manifest's text -> the same without one document, or one item of a List, others untouched.

Lines are taken out, and what is left is read again: unless it holds just what it should, nothing
is changed. Comments that can belong to something else stay.
"""

from collections.abc import Sequence

import yaml

from reconciler.errors import ReconcilerError
from reconciler.manifests.edit import part_with, values_of
from reconciler.manifests.stream import chunks

_UNREADABLE = ("the manifest can't be read.", "run reconciler validate first.")
_BY_HAND = ("it can't be taken out of its file without changing more.", "delete it by hand.")


def without(text: str, document: int, item: int | None) -> str | None:
    """The text without a document (of a List: without an item); None when nothing is left in it.

    Raises ReconcilerError when the text can't be read, or only a person can do it.
    """
    before = values_of(text)
    if before is None or document >= len(before):
        raise ReconcilerError(*_UNREADABLE)
    wanted = list(before)
    parts = [chunk.decode("utf-8") for chunk in chunks(text.encode("utf-8"))]
    index, first = part_with(parts, document)
    items = [] if item is None else before[document]["items"]
    if item is not None and len(items) > 1:
        wanted[document] = {**before[document], "items": items[:item] + items[item + 1 :]}
        parts[index] = _without_item(parts[index], document - first, item)
    else:
        del wanted[document]
        if not any(wanted):
            return None
        parts[index] = _comments(parts[index], is_first=index == 0)
    after = "".join(parts)
    if values_of(after) != wanted:
        raise ReconcilerError(*_BY_HAND)
    return after


def _comments(part: str, *, is_first: bool) -> str:
    """What of a document's part stays: the comments after it, and at the file's head before it."""
    lines = part.splitlines(keepends=True)
    head = 0
    while is_first and head < len(lines) and _is_idle(lines[head], 0):
        head += 1
    return "".join(lines[:head] + _tail(lines[head:], 0))


def _without_item(part: str, document: int, item: int) -> str:
    lines = part.splitlines(keepends=True)
    starts = _item_lines(part, lines, document)
    indent = _indent(lines[starts[item]])
    is_last = item + 1 == len(starts)
    end = _end_of_items(lines, starts[item], indent) if is_last else starts[item + 1]
    start = starts[item]
    while item and _is_idle(lines[start - 1], indent) and lines[start - 1].strip():
        start -= 1
    tail = _tail(lines[starts[item] : end], indent)
    while tail and not tail[0].strip() and not lines[start - 1].strip():
        tail = tail[1:]
    return "".join([*lines[:start], *tail, *lines[end:]])


def _item_lines(part: str, lines: Sequence[str], document: int) -> list[int]:
    """The line of each item's hyphen. Raises ReconcilerError where items share lines."""
    try:
        root = list(yaml.compose_all(part, Loader=yaml.CSafeLoader))[document]
    except yaml.YAMLError:
        raise ReconcilerError(*_BY_HAND) from None
    items = next((value for key, value in getattr(root, "value", ()) if key.value == "items"), None)
    if not isinstance(items, yaml.SequenceNode) or items.flow_style:
        raise ReconcilerError(*_BY_HAND)
    starts = []
    for node in items.value:
        line = node.start_mark.line
        while line >= 0 and not lines[line].lstrip(" ").startswith("-"):
            line -= 1
        starts.append(line)
    if len(set(starts)) != len(starts) or min(starts) < 0:
        raise ReconcilerError(*_BY_HAND)
    return starts


def _end_of_items(lines: Sequence[str], start: int, indent: int) -> int:
    """The line after the last item: the first that belongs to something else."""
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line.strip() and _indent(line) <= indent and not line.lstrip(" ").startswith("#"):
            return number
    return len(lines)


def _tail(lines: Sequence[str], indent: int) -> list[str]:
    """The comments at the end of lines that don't lie deeper, with the empty lines among them."""
    start = len(lines)
    while start and _is_idle(lines[start - 1], indent):
        start -= 1
    kept = list(lines[start:])
    return kept if any(line.strip() for line in kept) else []


def _is_idle(line: str, indent: int) -> bool:
    """Whether a line is empty, or a comment that does not lie deeper."""
    return not line.strip() or (line.lstrip(" ").startswith("#") and _indent(line) <= indent)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
