"""Questions about attachments -> queries, each made when it is asked."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from sys import intern
from typing import Any

from reconciler.model.base import (
    Alike,
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    Cohort,
    Rows,
    Siblings,
)
from reconciler.store import codec, reading
from reconciler.store.connection import Connection, Database, Values
from reconciler.store.places import CHUNK, chunks, listed
from reconciler.store.rollouts import SUSPENDED_ACCOUNT

_COHORTS = f"""
SELECT pack.name, version, adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until,
    hold_reason, is_suspended, counted
FROM (
    SELECT pack_id, release_id, adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until,
        hold_reason, {SUSPENDED_ACCOUNT} AS is_suspended, count(*) AS counted
    FROM attachment
    {{where}}
    GROUP BY pack_id, release_id, adopt_declared, adopt_requested, adopted_in, adopt_at,
        hold_until, hold_reason, is_suspended
) AS cohort
JOIN pack ON pack.id = cohort.pack_id
LEFT JOIN release ON release.id = cohort.release_id
"""
_SIBLINGS = f"""
SELECT account.name, pack.name, version, adopt_declared, adopt_requested, adopted_in, adopt_at,
    hold_until, hold_reason, is_suspended, origin, alike.declared, requested, counted
FROM (
    SELECT pack_id, account_id, release_id, adopt_declared, adopt_requested, adopted_in, adopt_at,
        hold_until, hold_reason, {SUSPENDED_ACCOUNT} AS is_suspended, origin, declared, requested,
        count(*) AS counted
    FROM attachment
    {{where}}
    GROUP BY pack_id, account_id, release_id, adopt_declared, adopt_requested, adopted_in,
        adopt_at, hold_until, hold_reason, is_suspended, origin, declared, requested
) AS alike
JOIN account ON account.id = alike.account_id
JOIN pack ON pack.id = alike.pack_id
LEFT JOIN release ON release.id = alike.release_id
ORDER BY alike.account_id
"""
_IN_PACKS = "WHERE pack_id IN (SELECT id FROM pack WHERE name IN ({names}))"
_NAMED = f"""
SELECT account.name, member.instance
FROM (
    SELECT account_id, instance FROM attachment
    WHERE pack_id = (SELECT id FROM pack WHERE name = :pack)
        AND release_id IS NOT DISTINCT FROM (
            SELECT release.id FROM release JOIN pack ON pack.id = release.pack_id
            WHERE pack.name = :pack AND version = :release
        )
        AND adopt_declared IS NOT DISTINCT FROM :adopt_declared
        AND adopt_requested IS NOT DISTINCT FROM :adopt_requested
        AND adopted_in IS NOT DISTINCT FROM :adopted_in
        AND adopt_at IS NOT DISTINCT FROM :adopt_at
        AND hold_until IS NOT DISTINCT FROM :hold_until
        AND hold_reason IS NOT DISTINCT FROM :hold_reason
        AND ({SUSPENDED_ACCOUNT}) = :suspended
    ORDER BY account_id, instance
    {{limit}}
) AS member
JOIN account ON account.id = member.account_id
ORDER BY account.name, member.instance
"""
_ONE = reading.ATTACHED + (
    "WHERE account.name = :account AND pack.name = :pack AND instance = :instance"
)
_OF_ACCOUNTS = reading.ATTACHED + "WHERE account.name IN ({names}) "
_OF_PACKS = reading.ATTACHED + "WHERE pack.name IN ({names}) "
_COUNT = "SELECT count(*) FROM attachment"


class StoredRows(Rows):
    """Reads for itself each time: what accounts ask for in between shows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getitem__(self, key: AttachmentKey) -> Attached:
        with self._database.reading() as connection:
            row = connection.execute(_ONE, key._asdict()).fetchone()
        if row is None:
            raise KeyError(key)
        return codec.attached_of(row)

    def __iter__(self) -> Iterator[AttachmentKey]:
        return (row.key for row in self.every())

    def __len__(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(_COUNT).fetchone()[0])

    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        if packs is not None:
            yield from self.of_packs(packs)
            return
        with self._database.reading() as connection:
            yield from reading.attached(connection)

    def of_packs(self, packs: Collection[str]) -> Iterator[Attached]:
        if not packs:
            return
        if len(packs) > CHUNK:  # to look for each would take longer
            yield from (row for row in self.every() if row.key.pack in packs)
            return
        places, values = listed(sorted(packs))
        statement = _OF_PACKS.format(names=places) + reading.IN_ORDER_OF_KEY
        with self._database.reading() as connection:
            for row in connection.stream(statement, values):
                yield codec.attached_of(row)

    def of_accounts(self, accounts: Collection[str]) -> Iterator[Attached]:
        if not accounts:
            return
        with self._database.reading() as connection:
            for names in chunks(accounts):
                places, values = listed(names)
                statement = _OF_ACCOUNTS.format(names=places) + reading.IN_ORDER_OF_KEY
                for row in connection.stream(statement, values):
                    yield codec.attached_of(row)

    def cohorts(self, packs: Collection[str] | None = None) -> Iterator[Cohort]:
        with self._database.reading() as connection:
            if packs is None or len(packs) > CHUNK:  # as above
                found = _cohorts(connection, _COHORTS.format(where=""), {})
                yield from (one for one in found if packs is None or one.pack in packs)
            elif packs:
                places, values = listed(sorted(packs))
                where = _IN_PACKS.format(names=places)
                yield from _cohorts(connection, _COHORTS.format(where=where), values)

    def siblings(self, packs: Collection[str]) -> Iterator[Siblings]:
        if not packs:
            return
        with self._database.reading() as connection:
            if len(packs) > CHUNK:  # as above
                found = _siblings(connection, _SIBLINGS.format(where=""), {})
                yield from (one for one in found if one.pack in packs)
            else:
                places, values = listed(sorted(packs))
                where = _IN_PACKS.format(names=places)
                yield from _siblings(connection, _SIBLINGS.format(where=where), values)

    def named(
        self, wanted: Iterable[tuple[str, Alike, int | None]]
    ) -> Iterator[list[AttachmentKey]]:
        asked = list(wanted)
        if not asked:
            return
        with self._database.reading() as connection:
            for pack, found, limit in asked:
                statement = _NAMED.format(limit="" if limit is None else f"LIMIT {int(limit)}")
                values = {
                    **found._asdict(),
                    "pack": pack,
                    "adopt_at": codec.optional_time_text(found.adopt_at),
                    "hold_until": _day(found.hold_until),
                }
                rows = connection.execute(statement, values).fetchall()
                yield [AttachmentKey(account, pack, instance) for account, instance in rows]


def _cohorts(connection: Connection, statement: str, values: Values) -> Iterator[Cohort]:
    for pack, *decides, rows in connection.execute(statement, values):
        yield Cohort(pack, _alike(decides), rows)


def _siblings(connection: Connection, statement: str, values: Values) -> Iterator[Siblings]:
    alikes: dict[tuple[Any, ...], Alike] = {}
    for account, pack, *columns, origin, declared, requested, rows in connection.stream(
        statement, values
    ):
        decides = tuple(columns)
        alike = alikes.get(decides)
        if alike is None:
            alike = alikes[decides] = _alike(columns)
        yield Siblings(
            intern(account),
            intern(pack),
            alike,
            AttachmentOrigin(origin),
            codec.settings_of(declared),
            codec.settings_of(requested),
            rows,
        )


def _alike(columns: Sequence[Any]) -> Alike:
    release, declared, requested, adopted_in, adopt_at, until, reason, suspended = columns
    return Alike(
        release=None if release is None else intern(release),
        adopt_declared=declared,
        adopt_requested=requested,
        adopted_in=adopted_in,
        adopt_at=codec.optional_time(adopt_at),
        hold_until=None if until is None else date.fromisoformat(until),
        hold_reason=reason,
        suspended=bool(suspended),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
