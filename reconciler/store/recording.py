"""A store, and rows that run something else -> the lines of an export of what really runs."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from reconciler.model.base import Attached
from reconciler.store import codec
from reconciler.store.exporting import closed


def restated(
    lines: Iterable[str], rows: Iterable[Attached], due: Collection[str], now: datetime
) -> Iterator[str]:
    """An export with these attachments instead of its own; the next pass looks at `due` packs."""
    return closed(_entries(map(json.loads, lines), rows, due, codec.time_text(now)))


def _entries(
    entries: Iterable[dict[str, Any]], rows: Iterable[Attached], due: Collection[str], at: str
) -> Iterator[dict[str, Any]]:
    for entry in entries:
        match entry["type"]:
            case "header" if due and entry["applied"] is not None:
                yield {**entry, "applied": {**entry["applied"], "next_due": at}}
            case "pack" if entry["name"] in due:
                yield {**entry, "due_at": at}
            case "attachment":
                continue
            case "end":
                yield from (_attachment(row, at) for row in rows)
            case _:
                yield entry


def _attachment(row: Attached, at: str) -> dict[str, Any]:
    found = codec.attached_row(row, at)
    for column in ("declared", "requested"):
        found[column] = None if found[column] is None else json.loads(found[column])
    return {"type": "attachment", **found}
