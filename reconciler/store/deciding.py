"""What an account asked for and was granted -> its row, its copy, a history line and an event."""

from collections.abc import Callable

from reconciler.model.base import AttachmentKey, InstallBase
from reconciler.model.requests import Decision
from reconciler.store import codec, due, log, one_account
from reconciler.store.accepting import PUT_ACCOUNT
from reconciler.store.connection import Connection, Values
from reconciler.store.membership_index import Memberships

_THE_PACK = "SELECT id FROM pack WHERE name = :pack"
_THE_ROWS = """
SELECT instance FROM attachment
WHERE pack_id = (SELECT id FROM pack WHERE name = :pack)
    AND account_id = (SELECT id FROM account WHERE name = :account)
ORDER BY instance
"""
_TELL = """
INSERT INTO history
    (pack_id, account_id, instance, before_id, after_id, action, actor, revision, at)
SELECT pack.id, account.id, :instance, before.id, after.id, :action, :actor,
    coalesce(:revision, (SELECT revision FROM applied)), :at
FROM pack
JOIN account ON account.name = :account
LEFT JOIN release AS before ON before.pack_id = pack.id AND before.version = :before
LEFT JOIN release AS after ON after.pack_id = pack.id AND after.version = :after
WHERE pack.name = :pack
"""
_PUT = """
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, declared, requested,
    adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until, hold_reason, updated_at)
SELECT pack.id, account.id, :instance, pack.mode,
    (SELECT id FROM release WHERE pack_id = pack.id AND version = :release),
    :origin, :entitled, :declared, :requested,
    :adopt_declared, :adopt_requested, :adopted_in, :adopt_at, :hold_until, :hold_reason,
    :updated_at
FROM pack JOIN account ON account.name = :account
WHERE pack.name = :pack
ON CONFLICT (pack_id, account_id, instance) DO UPDATE SET
    release_id = excluded.release_id,
    origin = excluded.origin,
    entitled = excluded.entitled,
    declared = excluded.declared,
    requested = excluded.requested,
    adopt_declared = excluded.adopt_declared,
    adopt_requested = excluded.adopt_requested,
    adopted_in = excluded.adopted_in,
    adopt_at = excluded.adopt_at,
    hold_until = excluded.hold_until,
    hold_reason = excluded.hold_reason,
    updated_at = excluded.updated_at
"""
_REMOVE = """
DELETE FROM attachment
WHERE pack_id = (SELECT id FROM pack WHERE name = :pack)
    AND account_id = (SELECT id FROM account WHERE name = :account)
    AND instance = :instance
"""
_COPY = """
INSERT INTO template_copy (account_id, component, version, copied_at, actor)
SELECT id, :component, :version, :copied_at, :actor FROM account WHERE name = :account
"""


def decide_and_write(
    connection: Connection,
    memberships: Memberships,
    account: str,
    pack: str | None,
    decide: Callable[[InstallBase], Decision],
) -> Decision:
    """Runs inside the caller's transaction, so that what `decide` saw is what is changed.

    The end of the chain keeps acceptances and other requests away, the pack keeps away whatever
    adds and removes its rows, and the account's own rows the batches of a fan-out; always in this
    order.
    """
    connection.lock(log.END)
    connection.lock(_THE_PACK, {"pack": pack})
    connection.lock(_THE_ROWS, {"pack": pack, "account": account})
    seen = one_account.base_of_account(connection, memberships, account, pack)
    decision = decide(seen)
    event = decision.event
    if event is None:
        assert (decision.put, decision.removed, decision.copy) == (None, None, None), (
            "a change has an event"
        )
        return decision
    values: Values = {
        "action": decision.action,
        "actor": event.actor,
        "revision": event.revision,
        "at": codec.time_text(event.at),
    }
    if decision.removed is not None:
        _tell(connection, seen, decision.removed, None, values)
        connection.execute(_REMOVE, _names(decision.removed))
    if decision.put is not None:
        connection.execute(PUT_ACCOUNT, {"name": account})
        _tell(connection, seen, decision.put.key, decision.put.release, values)
        put_attached(connection, codec.attached_row(decision.put, values["at"]))
        due.by_slot(connection, seen.attachments.get(decision.put.key), decision.put)
    if decision.copy is not None:
        connection.execute(PUT_ACCOUNT, {"name": account})
        put_copy(connection, codec.copy_row(decision.copy))
    log.append(connection, (event,))
    return decision


def _tell(
    connection: Connection, seen: InstallBase, key: AttachmentKey, after: str | None, values: Values
) -> None:
    """A history line, when what the row runs changes."""
    row = seen.attachments.get(key)
    before = None if row is None else row.release
    if before != after:
        connection.execute(_TELL, {**values, **_names(key), "before": before, "after": after})


def _names(key: AttachmentKey) -> Values:
    return {"account": key.account, "pack": key.pack, "instance": key.instance}


def put_attached(connection: Connection, row: codec.Row) -> int:
    """Adds or replaces one row; returns 0 when its account or pack is not there."""
    return connection.execute(_PUT, row).rowcount


def put_copy(connection: Connection, row: codec.Row) -> int:
    """Adds a template copy; returns 0 when its account is not there."""
    return connection.execute(_COPY, row).rowcount
