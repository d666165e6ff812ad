"""Questions of many who ask at the same time -> queries by key, a page at a time."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from reconciler.model.base import (
    Attached,
    AttachmentKey,
    Cohort,
    InstallBase,
    PackRecord,
    RowsInMemory,
)
from reconciler.model.declarations import Declaration, Kind, ManagedAccount
from reconciler.model.events import Event
from reconciler.model.tree import Tree
from reconciler.ports.views import EventsWanted, NumberedLine
from reconciler.store import codec, log, part, reading
from reconciler.store.connection import Connection, Database
from reconciler.store.membership_index import Memberships
from reconciler.store.places import chunks, listed
from reconciler.store.rows import StoredRows

_PUBLISHER = (Kind.PUBLISHER,)
_COMPONENT_KINDS = (Kind.PACKAGED_COMPONENT, Kind.PUBLISHED_PROCESS)

_PACKS_OF = """
SELECT DISTINCT pack.name
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
WHERE account.name = :account AND pack.name > :after
ORDER BY pack.name LIMIT :limit
"""
_AFTER = """
SELECT kind, body FROM declaration WHERE kind = :kind AND name > :after ORDER BY name LIMIT :limit
"""
_PLACE = """
SELECT (SELECT id FROM pack WHERE name = :pack), (SELECT id FROM account WHERE name = :account)
"""
_OF_ACCOUNT = reading.ATTACHED + "WHERE account.name = :account "
_OF_PACKS = " AND pack.name IN ({names}) "
_BEHIND = " AND (pack.name, instance) > (:after_pack, :after_instance) "
_BY_NAME = " ORDER BY pack.name, instance LIMIT :limit"
# The page is found by its key before anything is joined to it.
_BY_NUMBER = (
    reading.ATTACHED
    + """
WHERE (attachment.pack_id, attachment.account_id, instance) IN (
    SELECT pack_id, account_id, instance FROM attachment
    WHERE {where}
    ORDER BY pack_id, account_id, instance LIMIT :limit
)
ORDER BY attachment.pack_id, attachment.account_id, instance
"""
)
_RUNNING = """
SELECT pack.name, release.version, counted.rows
FROM (
    SELECT pack_id, release_id, count(*) AS rows FROM attachment
    WHERE pack_id IN (SELECT id FROM pack WHERE name IN ({names}))
    GROUP BY pack_id, release_id
) AS counted
JOIN pack ON pack.id = counted.pack_id
LEFT JOIN release ON release.id = counted.release_id
"""
_ADOPTED = """
SELECT substr(at, 1, 13), count(*) FROM event
WHERE pack = :pack AND kind = 'account-adopt' AND at >= :since AND content LIKE :after
GROUP BY substr(at, 1, 13)
"""
_ADOPTED_BY_PASSES = """
SELECT number, content, previous, digest FROM event
WHERE pack = :pack AND account IS NULL AND kind = 'adopt' AND at >= :since
"""
_COMING = """
SELECT name FROM pack WHERE due_at < :until ORDER BY due_at, name LIMIT :limit
"""
_COMING_TO = """
SELECT DISTINCT pack.due_at, pack.name
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
WHERE account.name = :account AND due_at < :until
ORDER BY pack.due_at, pack.name LIMIT :limit
"""
_TOLD_OF = """
SELECT DISTINCT pack FROM event
WHERE at >= (SELECT passed_at FROM applied) AND pack IS NOT NULL AND account IS NULL
ORDER BY pack
"""


class SqlViews:
    """Implements ports.views.Views; may be used from several threads."""

    def __init__(self, database: Database, memberships: Memberships) -> None:
        self._database, self._memberships = database, memberships

    def of_account(self, account: str, packs: Collection[str] = ()) -> InstallBase | None:
        """One account's world; None for one that is not declared."""
        with self._database.reading() as connection:
            found = _account(connection, account)
            if found is None:
                return None
            spec, declaration = found
            known = reading.some_packs(connection, packs)
            rows = _own_rows(connection, account, packs)
            manifests = ((Kind.ATTACHMENT, str(row.key)) for row in rows)
            tree = Tree(
                (
                    *part.declared(connection, _declared_packs(packs), _PUBLISHER),
                    declaration,
                    *self._memberships.index(connection).declarations(spec, sorted(packs)),
                    *_releases(known),
                    *part.declared(connection, [*manifests, *_served(known)]),
                )
            )
            own = {row.key: row for row in rows}
            return InstallBase(
                store_id=reading.identity(connection)[0],
                applied=reading.applied(connection),
                tree=tree,
                packs=known,
                attachments=RowsInMemory(own, tree.suspended),
                copies=tuple(reading.copies(connection, account)),
                contested=reading.contested(connection),
            )

    def packs_of(self, account: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """Names of packs that the account has or is entitled to, in order."""
        with self._database.reading() as connection:
            found = _account(connection, account)
            if found is None:
                return ()
            values = {"account": account, "after": after, "limit": limit}
            names = {name for (name,) in connection.execute(_PACKS_OF, values)}
            index = self._memberships.index(connection)
            names.update(name for name in index.packs(index.groups(found[0])) if name > after)
            return tuple(sorted(names)[:limit])

    def of_packs(self, packs: Collection[str]) -> InstallBase:
        """The publisher and these packs, with all versions of their components."""
        with self._database.reading() as connection:
            known = reading.some_packs(connection, packs)
            found = [
                *part.declared(connection, _declared_packs(packs), _PUBLISHER),
                *_releases(known),
            ]
            components = part.components_named(found)
            for kind in _COMPONENT_KINDS:
                found += part.below(connection, kind, components, "@")
            return InstallBase(
                store_id=reading.identity(connection)[0],
                applied=reading.applied(connection),
                tree=Tree(found),
                packs=known,
                attachments=StoredRows(self._database),
                contested=reading.contested(connection),
            )

    def accounts(self, names: Collection[str]) -> InstallBase:
        """The publisher and these accounts."""
        wanted = [(Kind.MANAGED_ACCOUNT, name) for name in names]
        with self._database.reading() as connection:
            return InstallBase(
                store_id=reading.identity(connection)[0],
                applied=reading.applied(connection),
                tree=Tree(part.declared(connection, wanted, _PUBLISHER)),
            )

    def declared_after(self, kind: Kind, after: str, limit: int) -> tuple[Declaration, ...]:
        """Declarations of a kind in order of name."""
        values = {"kind": kind.value, "after": after, "limit": limit}
        with self._database.reading() as connection:
            return tuple(reading.in_kind_order(connection.execute(_AFTER, values).fetchall()))

    def attachments(
        self,
        *,
        account: str | None = None,
        pack: str | None = None,
        after: AttachmentKey | None = None,
        limit: int,
    ) -> tuple[Attached, ...]:
        """A page of rows. Raises LookupError for `after` that the store does not know any more."""
        with self._database.reading() as connection:
            if account is not None:
                return _page_of_account(connection, account, pack, after, limit)
            return _page(connection, pack, after, limit)

    def events(
        self, wanted: EventsWanted, *, before: int | None = None, limit: int
    ) -> tuple[Event, ...]:
        """The newest first."""
        with self._database.reading() as connection:
            return tuple(log.newest_first(connection, wanted, before, limit))

    def events_after(
        self, wanted: EventsWanted, *, after: int = 0, limit: int
    ) -> tuple[Event, ...]:
        """The oldest first."""
        with self._database.reading() as connection:
            return tuple(log.oldest_first(connection, wanted, after, limit))

    def history(
        self,
        *,
        account: str | None = None,
        pack: str | None = None,
        instance: str | None = None,
        before: int | None = None,
        limit: int,
    ) -> tuple[NumberedLine, ...]:
        """The newest first."""
        with self._database.reading() as connection:
            return tuple(log.newest_lines(connection, account, pack, instance, before, limit))

    def cohorts(self, packs: Collection[str] | None = None) -> Mapping[str, tuple[Cohort, ...]]:
        """The rows by what decides about them, pack by pack."""
        found: dict[str, list[Cohort]] = {}
        for cohort in StoredRows(self._database).cohorts(packs):
            found.setdefault(cohort.pack, []).append(cohort)
        return {name: tuple(of_pack) for name, of_pack in found.items()}

    def running(self, packs: Collection[str]) -> Mapping[str, Mapping[str | None, int]]:
        """pack -> release (None: not installed yet) -> rows."""
        found: dict[str, dict[str | None, int]] = {}
        with self._database.reading() as connection:
            for some in chunks(packs):
                places, values = listed(some)
                for name, version, rows in connection.execute(
                    _RUNNING.format(names=places), values
                ):
                    found.setdefault(name, {})[version] = rows
        return found

    def adoptions(self, pack: str, version: str, since: datetime) -> Mapping[datetime, int]:
        """The begun hour (UTC) -> attachments that adopted the release in it."""
        values = {
            "pack": pack,
            "since": codec.time_text(since),
            "after": f'%"after":"{version}"%',
        }
        hours: Counter[str] = Counter()
        with self._database.reading() as connection:
            for hour, number in connection.execute(_ADOPTED, values):
                hours[hour] += number
            for _, content, _, _ in connection.execute(_ADOPTED_BY_PASSES, values):
                draft = codec.event_of(content)
                if draft.details.get("after") == version:
                    hours[codec.time_text(draft.at)[:13]] += draft.details.get("attachments", 0)
        return {codec.time_of(f"{hour}:00:00Z"): hours[hour] for hour in sorted(hours)}

    def coming(self, until: datetime, *, account: str | None = None, limit: int) -> tuple[str, ...]:
        """Names of packs of which something may happen before `until`."""
        values = {"until": codec.time_text(until), "account": account, "limit": limit}
        with self._database.reading() as connection:
            if account is None:
                return tuple(name for (name,) in connection.execute(_COMING, values))
            return tuple(name for _, name in connection.execute(_COMING_TO, values))

    def moving(self) -> tuple[str, ...]:
        """The packs that the acceptance told of whose fan-out is not over."""
        with self._database.reading() as connection:
            applied = reading.applied(connection)
            if applied is None or applied.settled:
                return ()
            return tuple(name for (name,) in connection.execute(_TOLD_OF))


def _account(connection: Connection, name: str) -> tuple[ManagedAccount, Declaration] | None:
    for declaration in part.declared(connection, [(Kind.MANAGED_ACCOUNT, name)]):
        assert isinstance(declaration.spec, ManagedAccount)
        return declaration.spec, declaration
    return None


def _declared_packs(names: Collection[str]) -> list[tuple[Kind, str]]:
    return [(Kind.INTEGRATION_PACK, name) for name in names]


def _releases(known: Mapping[str, PackRecord]) -> Iterator[Declaration]:
    """The declared releases of packs, from the records: their texts need not be read again."""
    for record in known.values():
        for found in record.releases.values():
            if found.declared:
                name = f"{found.release.pack}@{found.release.version}"
                yield Declaration(kind=Kind.RELEASE, name=name, spec=found.release, body="")


def _served(known: Mapping[str, PackRecord]) -> Iterator[tuple[Kind, str]]:
    """What the current and pending releases are made of."""
    for name in reading.components_served(known):
        for kind in _COMPONENT_KINDS:
            yield kind, name


def _own_rows(connection: Connection, account: str, packs: Collection[str]) -> list[Attached]:
    found: list[Attached] = []
    for some in chunks(packs):
        places, values = listed(some)
        statement = _OF_ACCOUNT + _OF_PACKS.format(names=places) + reading.IN_ORDER_OF_KEY
        rows = connection.execute(statement, {**values, "account": account})
        found.extend(codec.attached_of(row) for row in rows)
    return found


def _page_of_account(
    connection: Connection, account: str, pack: str | None, after: AttachmentKey | None, limit: int
) -> tuple[Attached, ...]:
    statement = _OF_ACCOUNT
    values: dict[str, object] = {"account": account, "limit": limit}
    if pack is not None:
        statement += " AND pack.name = :pack "
        values["pack"] = pack
    if after is not None:
        statement += _BEHIND
        values |= {"after_pack": after.pack, "after_instance": after.instance}
    rows = connection.execute(statement + _BY_NAME, values)
    return tuple(codec.attached_of(row) for row in rows)


def _page(
    connection: Connection, pack: str | None, after: AttachmentKey | None, limit: int
) -> tuple[Attached, ...]:
    conditions: list[str] = []
    values: dict[str, object] = {"limit": limit}
    if pack is not None:
        conditions.append("pack_id = (SELECT id FROM pack WHERE name = :pack)")
        values["pack"] = pack
    if after is not None:
        names = {"pack": after.pack, "account": after.account}
        after_pack, after_account = connection.execute(_PLACE, names).fetchone()
        if None in (after_pack, after_account):
            raise LookupError(f"there is no place {after} to go on from")
        if pack is None:
            conditions.append(
                "(pack_id, account_id, instance) > (:at_pack, :at_account, :at_instance)"
            )
            values["at_pack"] = after_pack
        else:
            conditions.append("(account_id, instance) > (:at_account, :at_instance)")
        values |= {"at_account": after_account, "at_instance": after.instance}
    statement = _BY_NUMBER.format(where=" AND ".join(conditions) or "TRUE")
    return tuple(codec.attached_of(row) for row in connection.execute(statement, values))
