"""Rows of the install base -> values of the model."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.model.base import (
    Applied,
    Attached,
    ComponentRecord,
    InstallBase,
    PackRecord,
    ReleaseRecord,
    Rows,
    TemplateCopy,
)
from reconciler.model.declarations import Declaration, Kind, Publisher
from reconciler.model.decode import restored
from reconciler.model.memory import paused_gc
from reconciler.model.tree import Tree
from reconciler.ports import Refusal
from reconciler.store import codec
from reconciler.store.connection import Connection, Values
from reconciler.store.places import chunks, listed

_STORE = "SELECT store_id, rehearsal FROM store"

_APPLIED = f"SELECT {', '.join(codec.APPLIED_COLUMNS)} FROM applied"

_LAST_EVENT = "SELECT number FROM chain_end"
_CONTESTED = """
SELECT reason FROM refusal
WHERE number > (SELECT refusals FROM applied) AND reason LIKE 'contested %'
"""
_REFUSAL = """
SELECT revision, reason, message, at FROM refusal
WHERE number > coalesce((SELECT refusals FROM applied), 0)
ORDER BY number DESC LIMIT 1
"""

_DECLARATIONS = "SELECT kind, body FROM declaration ORDER BY kind, name"
_PUBLISHER = "SELECT body FROM declaration WHERE kind = 'Publisher'"

# A pack or account whose name a renamed one took over keeps its rows under a name with a "~", for
# the history; to the model it is no more.
_PACKS = """
SELECT pack.name, mode, deployment, pack.declared, current.version, pending.version, testing_period,
    due_at
FROM pack
LEFT JOIN release AS current ON current.id = current_id
LEFT JOIN release AS pending ON pending.id = pending_id
WHERE pack.name NOT LIKE '%~%'
"""
_RELEASES = """
SELECT pack.name, version, body, release.declared, accepted_at, promoted_at, current_at, opens_at
FROM release JOIN pack ON pack.id = pack_id
WHERE pack.name NOT LIKE '%~%'
"""
_BY_PACK = " AND pack.name = :pack"
_IN_ORDER = " ORDER BY pack.name"
_RISING = " ORDER BY pack_id, sort_key"

_COMPONENTS = "SELECT component, version, fingerprint FROM component ORDER BY component, version"

_COPIES = """
SELECT account.name, component, version, copied_at, actor
FROM template_copy JOIN account ON account.id = account_id
WHERE account.name NOT LIKE '%~%'
"""
_BY_ACCOUNT = " AND account.name = :account"
_BY_COMPONENT = " ORDER BY account.name, component"

ATTACHED = """
SELECT account.name, pack.name, instance, origin, entitled, version, attachment.declared, requested,
    adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until, hold_reason, updated_at
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
LEFT JOIN release ON release.id = release_id
"""
IN_ORDER_OF_KEY = "ORDER BY account.name, pack.name, instance"

_COUNTS = """
SELECT pack.name, version, counted.rows
FROM (
    SELECT pack_id, release_id, count(*) AS rows FROM attachment GROUP BY pack_id, release_id
) AS counted
JOIN pack ON pack.id = counted.pack_id
LEFT JOIN release ON release.id = counted.release_id
ORDER BY pack.name, sort_key
"""

_ADOPTED = """
SELECT pack.name, (
    SELECT count(*) FROM attachment
    WHERE attachment.pack_id = pack.id AND release_id = pack.pending_id
)
FROM pack WHERE pending_id IS NOT NULL ORDER BY pack.name
"""


def identity(connection: Connection) -> tuple[str, bool]:
    """The store's id, and whether it is a rehearsal store."""
    store_id, rehearsal = connection.execute(_STORE).fetchone()
    return store_id, bool(rehearsal)


def applied(connection: Connection) -> Applied | None:
    """The revision in force."""
    row = connection.execute(_APPLIED).fetchone()
    return None if row is None else codec.applied_of(row)


def last_refusal(connection: Connection) -> Refusal | None:
    """The newest refusal since the applied revision came into force."""
    row = connection.execute(_REFUSAL).fetchone()
    if row is None:
        return None
    revision, reason, message, at = row
    return Refusal(revision=revision, reason=reason, message=message, at=codec.time_of(at))


def publisher_zone(connection: Connection) -> str | None:
    """The applied publisher's IANA zone; None for a cold store."""
    row = connection.execute(_PUBLISHER).fetchone()
    if row is None:
        return None
    spec = restored(Kind.PUBLISHER, row[0]).spec
    assert isinstance(spec, Publisher)
    return spec.time_zone


def declarations(connection: Connection) -> Iterator[Declaration]:
    """Those of the applied revision, by kind in the order of reference, then by name."""
    yield from in_kind_order(connection.execute(_DECLARATIONS).fetchall())


def in_kind_order(rows: list[Any]) -> Iterator[Declaration]:
    """Rows of (kind, body), in the order of reference by kind, otherwise as they are."""
    order = {kind: place for place, kind in enumerate(Kind)}
    for kind, body in sorted(rows, key=lambda row: order[Kind(row[0])]):
        yield restored(Kind(kind), body)


def packs(connection: Connection, name: str | None = None) -> dict[str, PackRecord]:
    """All packs by name, or that one, each with its releases in rising order."""
    return _records(connection, "" if name is None else _BY_PACK, {"pack": name})


def _records(connection: Connection, only: str, values: Values) -> dict[str, PackRecord]:
    releases: dict[str, dict[str, ReleaseRecord]] = {}
    for row in connection.execute(_RELEASES + only + _RISING, values):
        record = codec.release_of(row)
        releases.setdefault(record.release.pack, {})[record.release.version] = record
    rows = connection.execute(_PACKS + only + _IN_ORDER, values)
    return {row[0]: codec.pack_of(row, releases.get(row[0], {})) for row in rows}


def some_packs(connection: Connection, names: Iterable[str]) -> dict[str, PackRecord]:
    """Those of these packs that the store knows, in order of name."""
    found: dict[str, PackRecord] = {}
    for some in chunks(names):
        places, values = listed(some)
        found |= _records(connection, f" AND pack.name IN ({places})", values)
    return found


def components(connection: Connection) -> Iterator[ComponentRecord]:
    """What every packaged version was when it was first accepted."""
    for component, version, fingerprint in connection.execute(_COMPONENTS):
        yield ComponentRecord(component=component, version=version, fingerprint=fingerprint)


def copies(connection: Connection, account: str | None = None) -> Iterator[TemplateCopy]:
    """Template copies of all accounts, or of one."""
    only = "" if account is None else _BY_ACCOUNT
    for row in connection.stream(_COPIES + only + _BY_COMPONENT, {"account": account}):
        yield codec.copy_of(row)


def attached(
    connection: Connection, account: str | None = None, pack: str | None = None
) -> Iterator[Attached]:
    """Attachments in order of account, pack and instance, read as they are asked for."""
    filters = [
        f"{table}.name = :{table}"
        for table, name in (("account", account), ("pack", pack))
        if name is not None
    ]
    where = f"WHERE {' AND '.join(filters)} " if filters else ""
    values = {"account": account, "pack": pack}
    for row in connection.stream(ATTACHED + where + IN_ORDER_OF_KEY, values):
        yield codec.attached_of(row)


def counts(connection: Connection) -> dict[str, dict[str | None, int]]:
    """pack -> release (None: not installed yet) -> rows."""
    found: dict[str, dict[str | None, int]] = {}
    for pack, release, rows in connection.execute(_COUNTS):
        found.setdefault(pack, {})[release] = rows
    return found


def adopted(connection: Connection) -> dict[str, int]:
    """pack -> rows that run its pending release."""
    return dict(connection.execute(_ADOPTED).fetchall())


def last_event(connection: Connection) -> int:
    """The number of the newest event, 0 before the first."""
    return int(connection.execute(_LAST_EVENT).fetchone()[0])


def contested(connection: Connection) -> frozenset[str]:
    """The packs that a refused revision disputes, since the applied one came into force."""
    reasons = connection.execute(_CONTESTED).fetchall()
    return frozenset(reason.removeprefix("contested ") for (reason,) in reasons)


def base(connection: Connection, rows: Rows) -> InstallBase:
    """Everything; the caller holds one read transaction around it. `rows` read for themselves."""
    with paused_gc():
        return InstallBase(
            store_id=identity(connection)[0],
            applied=applied(connection),
            tree=Tree(declarations(connection)),
            packs=packs(connection),
            components={(c.component, c.version): c for c in components(connection)},
            attachments=rows,
            copies=tuple(copies(connection)),
            contested=contested(connection),
            last_event=last_event(connection),
        )


def components_served(known: Mapping[str, PackRecord]) -> list[str]:
    """What the current and pending releases name, in the order in which declarations are kept."""
    return sorted(
        {
            f"{component}@{version}"
            for record in known.values()
            for release in (record.current, record.pending)
            if release is not None
            for component, version in record.releases[release].release.components.items()
        }
    )
