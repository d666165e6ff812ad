"""Event drafts -> the chain of events; rows of events and history -> values of the model."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from reconciler.model.events import OF_RELEASES, Event, EventDraft, HistoryLine
from reconciler.ports.views import EventsWanted, NumberedLine
from reconciler.store import codec
from reconciler.store.connection import Connection, Values
from reconciler.store.places import listed

END = "SELECT number, digest FROM chain_end"
_PUT_EVENT = """
INSERT INTO event (number, at, kind, pack, account, content, previous, digest)
VALUES (:number, :at, :kind, :pack, :account, :content, :previous, :digest)
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
_BY_ACCOUNT = "history.account_id = (SELECT id FROM account WHERE name = :account)"
_BY_PACK = "history.pack_id = (SELECT id FROM pack WHERE name = :pack)"


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
            "kind": draft.kind.value,
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
    for row in connection.stream(_newest(statement, limit), values):
        yield _event(row)


def history(
    connection: Connection, account: str | None, pack: str | None, limit: int | None
) -> Iterator[HistoryLine]:
    """Oldest first; with `limit` the newest that many."""
    values: Values = {"account": account, "pack": pack, "limit": limit}
    filters = {
        _BY_ACCOUNT: account,
        _BY_PACK: pack,
    }
    for row in connection.stream(_newest(_HISTORY + _where(filters), limit), values):
        yield _line(row)


_RELEASE_KINDS = ", ".join(f"'{kind.value}'" for kind in OF_RELEASES)
# The names of packs are told, and kinds sorted out afterwards: else a database whose statistics
# know no better reads the log from its end, or all events of a kind.
_OF_ITS_PACKS = f"""
(account = :packs_of OR (
    account IS NULL AND kind || '' IN ({_RELEASE_KINDS}) AND pack IN ({{names}})
))
"""
_ITS_PACKS = """
SELECT DISTINCT pack.name
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
WHERE account.name = :account
"""
# Clocks of several servers may differ: events lie in the order of their numbers, and nearly in that
# of their times.
_DISORDER = 1_000
_FIRST_SINCE = "SELECT number FROM event WHERE at >= :since ORDER BY at, number LIMIT 1"


def newest_first(
    connection: Connection, wanted: EventsWanted, before: int | None, limit: int
) -> Iterator[Event]:
    """The newest first, those with a number below `before`."""
    bound = {} if before is None else {"number < :before": before}
    return _chosen(connection, wanted, bound, {"before": before, "limit": limit}, "DESC")


def oldest_first(
    connection: Connection, wanted: EventsWanted, after: int, limit: int
) -> Iterator[Event]:
    """The oldest first, those with a number above `after`."""
    values = {"after": after, "limit": limit}
    return _chosen(connection, wanted, {"number > :after": after}, values, "ASC")


def _chosen(
    connection: Connection,
    wanted: EventsWanted,
    bound: Mapping[str, int],
    values: Values,
    order: str,
) -> Iterator[Event]:
    since = codec.optional_time_text(wanted.since)
    first = None
    if since is not None:
        row = connection.execute(_FIRST_SINCE, {"since": since}).fetchone()
        if row is None:
            return
        first = row[0] - _DISORDER
    about = wanted.account or wanted.packs_of
    of_its_packs, packs = _of_its_packs(connection, wanted.packs_of)
    filters: dict[str, object | None] = {
        "pack = :pack": wanted.pack,
        "account = :account": wanted.account,
        # Events about an account are few: what finds them is not the index of kinds.
        "kind = :kind" if about is None else "kind || '' = :kind": wanted.kind,
        "at >= :since": since,
        "number >= :first": first,
        of_its_packs: wanted.packs_of,
        **bound,
    }
    statement = (
        f"SELECT {_EVENT_COLUMNS} FROM event{_where(filters)} ORDER BY number {order} LIMIT :limit"
    )
    given = {
        "pack": wanted.pack,
        "account": wanted.account,
        "kind": None if wanted.kind is None else wanted.kind.value,
        "since": since,
        "first": first,
        "packs_of": wanted.packs_of,
        **packs,
    }
    for row in connection.execute(statement, {**given, **values}):
        yield _event(row)


def _of_its_packs(connection: Connection, account: str | None) -> tuple[str, Mapping[str, str]]:
    """The condition on events that concern an account, and the values that go there."""
    if account is None:
        return _OF_ITS_PACKS, {}
    rows = connection.execute(_ITS_PACKS, {"account": account}).fetchall()
    names, values = listed([name for (name,) in rows] or [""])
    return _OF_ITS_PACKS.format(names=names), values


def newest_lines(
    connection: Connection,
    account: str | None,
    pack: str | None,
    instance: str | None,
    before: int | None,
    limit: int,
) -> Iterator[NumberedLine]:
    """Of the history, the newest first, those with a number below `before`."""
    values = {
        "account": account,
        "pack": pack,
        "instance": instance,
        "before": before,
        "limit": limit,
    }
    filters = {
        _BY_ACCOUNT: account,
        _BY_PACK: pack,
        "instance = :instance": instance,
        "number < :before": before,
    }
    statement = f"{_HISTORY}{_where(filters)} ORDER BY number DESC LIMIT :limit"
    for row in connection.execute(statement, values):
        yield NumberedLine(number=row[-1], line=_line(row))


def _event(row: tuple[int, str, str, str]) -> Event:
    number, content, previous, its_digest = row
    return Event(number=number, draft=codec.event_of(content), previous=previous, digest=its_digest)


def _line(row: tuple[Any, ...]) -> HistoryLine:
    account, pack, instance, before, after, action, actor, revision, at, _ = row
    return HistoryLine(
        account=account,
        pack=pack,
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
