"""Event drafts -> the chain of events; rows of events and history -> values of the model."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from reconciler.model.events import Event, EventDraft, HistoryLine
from reconciler.store import codec
from reconciler.store.connection import Connection, Values

END = "SELECT number, digest FROM chain_end"
_PUT_EVENT = """
INSERT INTO event (number, at, pack, account, content, previous, digest)
VALUES (:number, :at, :pack, :account, :content, :previous, :digest)
"""
_PUT_END = "UPDATE chain_end SET number = :number, digest = :digest"

_EVENT_COLUMNS = "number, content, previous, digest"

_HISTORY = """
SELECT account.name AS account, pack.name AS pack, instance, before.version AS before,
    after.version AS after, action, actor, revision, at, number
FROM history
JOIN account ON account.id = history.account_id
JOIN pack ON pack.id = history.pack_id
LEFT JOIN release AS before ON before.id = before_id
LEFT JOIN release AS after ON after.id = after_id
"""


def digest(previous: str, content: str) -> str:
    """SHA-256 over the digest of the event before and this event's content."""
    return hashlib.sha256((previous + content).encode()).hexdigest()


def append(connection: Connection, drafts: Iterable[EventDraft]) -> None:
    """Adds events at the end of the chain, from which others are kept away until the commit."""
    connection.lock(END)
    number, previous = first = tuple(connection.execute(END).fetchone())
    rows: list[codec.Row] = []
    for draft in drafts:
        content = codec.event_content(draft)
        row = {
            "number": number + 1,
            "at": codec.time_text(draft.at),
            "pack": draft.pack,
            "account": draft.account,
            "content": content,
            "previous": previous,
            "digest": digest(previous, content),
        }
        number, previous = row["number"], row["digest"]
        rows.append(row)
    if (number, previous) != first:
        connection.executemany(_PUT_EVENT, rows)
        connection.execute(_PUT_END, {"number": number, "digest": previous})


def events(
    connection: Connection,
    pack: str | None,
    account: str | None,
    since: datetime | None,
    limit: int | None,
) -> Iterator[Event]:
    """Oldest first; with `limit` the newest that many."""
    values = {
        "pack": pack,
        "account": account,
        "since": codec.optional_time_text(since),
        "limit": limit,
    }
    filters = {
        "pack = :pack": pack,
        "account = :account": account,
        "at >= :since": since,
    }
    statement = f"SELECT {_EVENT_COLUMNS} FROM event" + _where(filters)
    for number, content, previous, its_digest in connection.stream(
        _newest(statement, limit), values
    ):
        yield Event(
            number=number, draft=codec.event_of(content), previous=previous, digest=its_digest
        )


def history(
    connection: Connection, account: str | None, pack: str | None, limit: int | None
) -> Iterator[HistoryLine]:
    """Oldest first; with `limit` the newest that many."""
    values: Values = {"account": account, "pack": pack, "limit": limit}
    filters = {
        "history.account_id = (SELECT id FROM account WHERE name = :account)": account,
        "history.pack_id = (SELECT id FROM pack WHERE name = :pack)": pack,
    }
    for row in connection.stream(_newest(_HISTORY + _where(filters), limit), values):
        name, its_pack, instance, before, after, action, actor, revision, at, _ = row
        yield HistoryLine(
            account=name,
            pack=its_pack,
            instance=instance,
            before=before,
            after=after,
            action=action,
            actor=actor,
            revision=revision,
            at=codec.time_of(at),
        )


def _where(filters: Mapping[str, object | None]) -> str:
    used = [condition for condition, value in filters.items() if value is not None]
    return " WHERE " + " AND ".join(used) if used else ""


def _newest(statement: str, limit: int | None) -> str:
    if limit is None:
        return f"{statement} ORDER BY number"
    return (
        f"SELECT * FROM ({statement} ORDER BY number DESC LIMIT :limit) AS newest ORDER BY number"
    )
