"""An accepted plan -> declarations, records of packs and components, events, the applied row."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.desired.renames import Renames, carried_tree
from reconciler.errors import StoreError
from reconciler.model.base import ComponentRecord, PackRecord
from reconciler.model.changes import Effects
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.tree import Tree
from reconciler.ports import Acceptance
from reconciler.store import codec, due, log, reading
from reconciler.store.connection import Connection

_DROP_DECLARATION = "DELETE FROM declaration WHERE kind = :kind AND name = :name"
_PUT_DECLARATION = """
INSERT INTO declaration (kind, name, body) VALUES (:kind, :name, :body)
ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body
"""

_PUT_COMPONENT = """
INSERT INTO component (component, version, fingerprint)
VALUES (:component, :version, :fingerprint)
ON CONFLICT (component, version) DO NOTHING
"""

# What a column already says is not written again: to SQLite, setting a key that rows of other
# tables refer to means looking for all of them.
_PUT_PACK = """
INSERT INTO pack (name, mode, deployment, declared, testing_period, due_at)
VALUES (:name, :mode, :deployment, :declared, :testing_period, :due_at)
ON CONFLICT (name) DO UPDATE SET
    deployment = excluded.deployment,
    declared = excluded.declared,
    testing_period = excluded.testing_period,
    due_at = excluded.due_at
"""
_PUT_MODE = "UPDATE pack SET mode = :mode WHERE name = :name AND mode <> :mode"
_PUT_RELEASE = """
INSERT INTO release
    (pack_id, version, sort_key, body, declared, accepted_at, promoted_at, current_at, opens_at)
SELECT id, :version, :sort_key, :body, :declared, :accepted_at, :promoted_at, :current_at, :opens_at
FROM pack WHERE name = :pack
ON CONFLICT (pack_id, version) DO UPDATE SET
    body = excluded.body,
    declared = excluded.declared,
    accepted_at = excluded.accepted_at,
    promoted_at = excluded.promoted_at,
    current_at = excluded.current_at,
    opens_at = excluded.opens_at
WHERE release.body <> excluded.body
    OR release.declared <> excluded.declared
    OR release.accepted_at <> excluded.accepted_at
    OR release.promoted_at IS DISTINCT FROM excluded.promoted_at
    OR release.current_at IS DISTINCT FROM excluded.current_at
    OR release.opens_at IS DISTINCT FROM excluded.opens_at
"""
_POINT = """
UPDATE pack SET
    current_id = (SELECT id FROM release WHERE pack_id = pack.id AND version = :current),
    pending_id = (SELECT id FROM release WHERE pack_id = pack.id AND version = :pending)
WHERE name = :name
"""

PUT_ACCOUNT = "INSERT INTO account (name) VALUES (:name) ON CONFLICT (name) DO NOTHING"
_SUSPEND = "UPDATE account SET suspended = :suspended WHERE name = :name"

_ASKED_SINCE = "SELECT DISTINCT account FROM event WHERE number > :seen AND account IS NOT NULL"
_NEWEST_REFUSAL = "(SELECT coalesce(max(number), 0) FROM refusal)"
# The revision came into force when it was first applied, not at each pass under it.
_ACCEPT = f"""
INSERT INTO applied
    (one, revision, applied_at, passed_at, settled, gated, next_due, zone_rules, refusals)
VALUES (1, :revision, :at, :at, FALSE, :gated, {due.SOONEST}, :zone_rules, {_NEWEST_REFUSAL})
ON CONFLICT (one) DO UPDATE SET
    refusals = CASE applied.revision WHEN :revision THEN applied.refusals
        ELSE {_NEWEST_REFUSAL} END,
    applied_at = CASE applied.revision WHEN :revision THEN applied.applied_at ELSE :at END,
    revision = :revision,
    passed_at = :at,
    settled = FALSE,
    gated = :gated,
    next_due = excluded.next_due,
    zone_rules = :zone_rules
"""

_TABLES: Mapping[Kind, str] = {Kind.INTEGRATION_PACK: "pack", Kind.MANAGED_ACCOUNT: "account"}


def accept(connection: Connection, acceptance: Acceptance) -> frozenset[str]:
    """Everything that an accepted plan writes at once, inside the caller's transaction.

    Returns the accounts that asked for something since the plan was made.
    """
    connection.lock(log.END)
    asked = connection.execute(_ASKED_SINCE, {"seen": acceptance.seen}).fetchall()
    plan, effects = acceptance.plan, acceptance.plan.effects
    rename(connection, effects.renames)
    put_declarations(connection, effects)
    put_components(connection, effects.components)
    put_packs(connection, effects.packs)
    due.by_slots_since(connection, acceptance.seen)
    suspend(connection, effects.suspensions)
    log.append(connection, acceptance.events)
    values = {
        "revision": plan.revision,
        "at": codec.time_text(plan.now),
        "gated": plan.gated,
        "next_due": codec.optional_time_text(plan.next_due),
        "zone_rules": acceptance.zone_rules,
    }
    connection.execute(_ACCEPT, values)
    return frozenset(account for (account,) in asked)


def rename(connection: Connection, renames: Renames) -> None:
    """Carries packs and accounts through a rename, and declarations that refer to them."""
    if not renames:
        return
    before = Tree(reading.declarations(connection))
    after = carried_tree(before, renames)
    kept = {(found.kind, found.name, found.body) for found in after}
    gone = [found for found in before if (found.kind, found.name, found.body) not in kept]
    there = {(found.kind, found.name, found.body) for found in before}
    new = [found for found in after if (found.kind, found.name, found.body) not in there]
    connection.executemany(_DROP_DECLARATION, _named(gone))
    connection.executemany(_PUT_DECLARATION, _written(new))
    for kind, table in _TABLES.items():
        names = {former: name for (its_kind, former), name in renames.items() if its_kind is kind}
        _rename_rows(connection, table, names)


def _rename_rows(connection: Connection, table: str, names: Mapping[str, str]) -> None:
    """Two names may change places, so every row leaves its name before any takes one.

    A row that bore the new name once, and was deleted in git, keeps its history under another.
    """
    step_aside = f"UPDATE {table} SET name = name || '~' || id WHERE name = :name"
    take = f"""
    UPDATE {table} SET name = :name
    WHERE name = :former || '~' || id
    """
    known = f"SELECT 1 FROM {table} WHERE name = :name"
    found = {
        former: name
        for former, name in names.items()
        if connection.execute(known, {"name": former}).fetchone()
    }
    for former in found:
        connection.execute(step_aside, {"name": former})
    for former, name in found.items():
        connection.execute(step_aside, {"name": name})
        connection.execute(take, {"former": former, "name": name})


def put_declarations(connection: Connection, effects: Effects) -> None:
    """New and changed declarations, and those that are gone; new accounts get a row."""
    gone = ({"kind": kind.value, "name": name} for kind, name in effects.dropped)
    connection.executemany(_DROP_DECLARATION, gone)
    write_declarations(connection, effects.put)


def write_declarations(connection: Connection, declarations: Iterable[Declaration]) -> None:
    """Adds or replaces declarations; new accounts get a row."""
    rows = list(_written(declarations))
    connection.executemany(_PUT_DECLARATION, rows)
    accounts = ({"name": row["name"]} for row in rows if row["kind"] == Kind.MANAGED_ACCOUNT)
    connection.executemany(PUT_ACCOUNT, accounts)


def _named(declarations: Iterable[Declaration]) -> Iterator[codec.Row]:
    return ({"kind": found.kind.value, "name": found.name} for found in declarations)


def _written(declarations: Iterable[Declaration]) -> Iterator[codec.Row]:
    return (
        {"kind": found.kind.value, "name": found.name, "body": found.body} for found in declarations
    )


def put_components(connection: Connection, components: Iterable[ComponentRecord]) -> None:
    """Records packaged versions; what was recorded first stays."""
    rows = (
        {"component": c.component, "version": c.version, "fingerprint": c.fingerprint}
        for c in components
    )
    connection.executemany(_PUT_COMPONENT, rows)


def put_packs(connection: Connection, records: Iterable[PackRecord]) -> None:
    """Records packs with their releases, and what they serve. Raises StoreError."""
    records = tuple(records)
    for record in records:
        unknown = {record.current, record.pending} - {None, *record.releases}
        if unknown:
            raise StoreError(f"pack {record.name} has no release {', '.join(map(str, unknown))}")
    rows = [codec.pack_row(record) for record in records]
    connection.executemany(_PUT_PACK, rows)
    connection.executemany(_PUT_MODE, rows)
    releases = (
        codec.release_row(release) | {"pack": record.name}
        for record in records
        for release in record.releases.values()
    )
    connection.executemany(_PUT_RELEASE, releases)
    connection.executemany(_POINT, rows)


def suspend(connection: Connection, suspensions: Mapping[str, bool]) -> None:
    """Marks accounts as suspended, or as active again."""
    connection.executemany(PUT_ACCOUNT, ({"name": name} for name in suspensions))
    rows = ({"name": name, "suspended": int(flag)} for name, flag in suspensions.items())
    connection.executemany(_SUSPEND, rows)
