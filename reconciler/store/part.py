"""What a pass looks at -> that part of the install base, with everything that it depends on.

Cost follows the part: tables are entered by key, except that all groups and templates are read, and
that packs and releases are searched for the components that they name.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from reconciler.model.base import Attached, ComponentRecord, InstallBase
from reconciler.model.declarations import Declaration, Kind, Release
from reconciler.model.tree import Tree
from reconciler.ports import Part
from reconciler.store import codec, reading
from reconciler.store.connection import Connection, Database
from reconciler.store.places import chunks, listed
from reconciler.store.rows import StoredRows

# Of more a complete pass is as quick.
MOST_PACKS = 1_000
MOST_ACCOUNTS = 10_000
_WHOLE_KINDS = (Kind.PUBLISHER, Kind.ACCOUNT_GROUP, Kind.PROCESS_TEMPLATE)

_NAMED = "SELECT kind, body FROM declaration WHERE kind = :kind AND name IN ({names})"
_OF_KIND = "SELECT kind, body FROM declaration WHERE kind = :kind ORDER BY name"
_BELOW = """
WITH wanted (name) AS (VALUES {names})
SELECT kind, body
FROM wanted CROSS JOIN declaration
WHERE kind = :kind AND declaration.name > wanted.name || :mark
    AND declaration.name < wanted.name || :end
ORDER BY declaration.name
"""
_WITH_WORDS = "SELECT kind, body FROM declaration WHERE kind = :kind AND body LIKE :words"
_BODIES = "SELECT name, body FROM declaration WHERE kind = :kind"
# Bodies are canonical: keys in order, no spaces (model.decode.canonical).
_CONTENT = re.compile(r'"content":(?P<path>"(?:[^"\\]|\\.)*"),"contentId":"(?P<id>[0-9a-f]+)"')
_SPEC = '"spec":{'
_DUE = "SELECT name FROM pack WHERE due_at <= :now"
_DUE_LATER = "SELECT name, due_at FROM pack WHERE due_at IS NOT NULL ORDER BY due_at LIMIT :limit"
_PACKS_OF_ACCOUNTS = """
SELECT DISTINCT pack.name
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
WHERE account.name IN ({names})
"""
_DECLARERS = """
SELECT DISTINCT account.name
FROM pack
JOIN attachment ON attachment.pack_id = pack.id AND origin = 'manifest'
JOIN account ON account.id = attachment.account_id
WHERE pack.name IN ({names})
"""
_RECORDS = """
SELECT component, version, fingerprint FROM component WHERE component IN ({names})
ORDER BY component, version
"""


class PartialRows(StoredRows):
    """All rows can be asked for; those whose membership is looked at are a part's."""

    def __init__(self, database: Database, accounts: frozenset[str], packs: frozenset[str]) -> None:
        super().__init__(database)
        self._accounts, self._packs = accounts, packs

    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        wanted = self._packs if packs is None else self._packs.intersection(packs)
        return (row for row in self.of_accounts(self._accounts) if row.key.pack in wanted)


def part(connection: Connection, database: Database, wanted: Part) -> InstallBase | None:
    """The caller holds one read transaction around it; None when it is too much to be a part."""
    judged = wanted.judged | _holding(connection, wanted.components)
    packs = judged | wanted.packs | _due(connection, wanted.now)
    packs |= _named(connection, _PACKS_OF_ACCOUNTS, wanted.accounts)
    if len(packs) > MOST_PACKS:
        return None
    accounts = wanted.accounts | _named(connection, _DECLARERS, judged)
    if len(accounts) > MOST_ACCOUNTS:
        return None
    found = [*declared(connection, kinds=_WHOLE_KINDS)]
    found += declared(connection, [(Kind.INTEGRATION_PACK, name) for name in packs])
    found += declared(connection, [(Kind.MANAGED_ACCOUNT, name) for name in accounts])
    releases = tuple(below(connection, Kind.RELEASE, packs, "@"))
    components = wanted.components | components_named((*found, *releases))
    found += below(connection, Kind.PACKAGED_COMPONENT, components, "@")
    found += below(connection, Kind.PUBLISHED_PROCESS, components, "@")
    found += releases
    found += below(connection, Kind.ATTACHMENT, accounts, "/")
    return InstallBase(
        store_id=reading.identity(connection)[0],
        applied=reading.applied(connection),
        tree=Tree(_kept(found, packs)),
        packs=reading.some_packs(connection, packs),
        components={(c.component, c.version): c for c in _records(connection, components)},
        attachments=PartialRows(database, accounts, packs),
        contested=reading.contested(connection),
        last_event=reading.last_event(connection),
        due_elsewhere=_due_elsewhere(connection, packs),
    )


def declared(
    connection: Connection,
    names: Collection[tuple[Kind, str]] = (),
    kinds: Collection[Kind] = (),
) -> tuple[Declaration, ...]:
    """These declarations, and all of these kinds."""
    rows: list[Any] = []
    for kind in Kind:
        if kind in kinds:
            rows += connection.execute(_OF_KIND, {"kind": kind.value}).fetchall()
            continue
        for some in chunks(name for its_kind, name in names if its_kind is kind):
            places, values = listed(some)
            statement = _NAMED.format(names=places)
            rows += connection.execute(statement, {**values, "kind": kind.value}).fetchall()
    return tuple(reading.in_kind_order(rows))


def mentioned(connection: Connection, kind: Kind, words: str) -> Iterator[Declaration]:
    """Declarations with `words` in their body; "%" and "_" in them may stand for anything."""
    values = {"kind": kind.value, "words": f"%{words}%"}
    yield from reading.in_kind_order(connection.execute(_WITH_WORDS, values).fetchall())


def contents(connection: Connection) -> Iterator[tuple[str, str]]:
    """The content paths of packaged versions, and the git object ids of what lay there."""
    for _, body in connection.stream(_BODIES, {"kind": Kind.PACKAGED_COMPONENT.value}):
        found = _CONTENT.search(body, body.index(_SPEC))  # annotations may be called the same
        if found is not None:
            yield json.loads(found["path"]), found["id"]


def _holding(connection: Connection, components: Collection[str]) -> frozenset[str]:
    """The packs that list any of these components, or have a release that names one."""
    if not components:
        return frozenset()
    words = re.compile("|".join(re.escape(f'"{name}"') for name in sorted(components)))
    return frozenset(
        name.partition("@")[0]
        for kind in (Kind.INTEGRATION_PACK, Kind.RELEASE)
        for name, body in connection.stream(_BODIES, {"kind": kind.value})
        if words.search(body)
    )


def _due(connection: Connection, now: datetime) -> frozenset[str]:
    rows = connection.execute(_DUE, {"now": codec.time_text(now)}).fetchall()
    return frozenset(name for (name,) in rows)


def _due_elsewhere(connection: Connection, packs: Collection[str]) -> datetime | None:
    """When the first of the other packs is due."""
    rows = connection.execute(_DUE_LATER, {"limit": len(packs) + 1}).fetchall()
    return next((codec.time_of(due_at) for name, due_at in rows if name not in packs), None)


def _named(connection: Connection, statement: str, names: Collection[str]) -> frozenset[str]:
    found: set[str] = set()
    for some in chunks(names):
        places, values = listed(some)
        rows = connection.execute(statement.format(names=places), values).fetchall()
        found.update(name for (name,) in rows)
    return frozenset(found)


def below(
    connection: Connection, kind: Kind, names: Collection[str], mark: str
) -> Iterator[Declaration]:
    """The declarations whose own names begin with one of the names and the mark."""
    end = chr(ord(mark) + 1)
    for some in chunks(names):
        places, values = listed(some)
        rows = ", ".join(f"({place})" for place in places.split(", "))
        statement = _BELOW.format(names=rows)
        found = connection.execute(
            statement, {**values, "kind": kind.value, "mark": mark, "end": end}
        )
        yield from reading.in_kind_order(found.fetchall())


def components_named(found: Iterable[Declaration]) -> frozenset[str]:
    """The components that packs list, releases name and templates are made of."""
    names: set[str] = set()
    for declaration in found:
        spec = declaration.spec
        if isinstance(spec, Release):
            names.update(spec.components)
        elif declaration.kind is Kind.INTEGRATION_PACK:
            names.update(getattr(spec, "components", ()))
        elif declaration.kind is Kind.PROCESS_TEMPLATE:
            names.add(declaration.name)
    return frozenset(names)


def _kept(found: Iterable[Declaration], packs: Collection[str]) -> Iterator[Declaration]:
    """Without attachments of packs that are not in the part."""
    for declaration in found:
        if declaration.kind is not Kind.ATTACHMENT or declaration.name.split("/")[1] in packs:
            yield declaration


def _records(connection: Connection, components: Collection[str]) -> Iterator[ComponentRecord]:
    for some in chunks(components):
        places, values = listed(some)
        for component, version, fingerprint in connection.execute(
            _RECORDS.format(names=places), values
        ):
            yield ComponentRecord(component=component, version=version, fingerprint=fingerprint)
