"""Rows that a plan takes away, adds or sets -> attachments and history, in bounded transactions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice

from reconciler.errors import StoreError
from reconciler.model.base import Attached, AttachmentKey
from reconciler.model.changes import Action, Member
from reconciler.store import codec
from reconciler.store.connection import Connection, Values

BATCH = 10_000

Transaction = Callable[[], AbstractContextManager[Connection]]

_KEY_COLUMNS = ("account", "pack", "instance")

# In the order of their numbers, so that two who lock several never wait for each other.
_THE_PACKS = "SELECT id FROM pack WHERE name IN (SELECT pack FROM listed) ORDER BY id"
_UNKNOWN = """
SELECT listed.account, listed.pack, listed.release
FROM listed
LEFT JOIN pack ON pack.name = listed.pack
LEFT JOIN release ON release.pack_id = pack.id AND release.version = listed.release
WHERE pack.id IS NULL OR (listed.release IS NOT NULL AND release.id IS NULL)
LIMIT 1
"""
_PUT_ACCOUNTS = """
INSERT INTO account (name) SELECT DISTINCT account FROM listed WHERE true
ON CONFLICT (name) DO NOTHING
"""

_HISTORY = """
INSERT INTO history
    (pack_id, account_id, instance, before_id, after_id, action, actor, revision, at)
"""
_TELL_UNINSTALLED = f"""
{_HISTORY}
SELECT attachment.pack_id, attachment.account_id, attachment.instance, release_id, NULL,
    :action, :actor, (SELECT revision FROM applied), :at
FROM listed
JOIN account ON account.name = listed.account
JOIN pack ON pack.name = listed.pack
JOIN attachment ON attachment.pack_id = pack.id AND attachment.account_id = account.id
    AND attachment.instance = listed.instance
ORDER BY attachment.pack_id, attachment.account_id, attachment.instance
"""
_COUNT_RUNNING = """
SELECT count(*)
FROM listed
JOIN account ON account.name = listed.account
JOIN pack ON pack.name = listed.pack
JOIN attachment ON attachment.pack_id = pack.id AND attachment.account_id = account.id
    AND attachment.instance = listed.instance
WHERE release_id IS NOT NULL
"""
_UNINSTALL = """
DELETE FROM attachment WHERE (pack_id, account_id, instance) IN (
    SELECT pack.id, account.id, listed.instance
    FROM listed
    JOIN account ON account.name = listed.account
    JOIN pack ON pack.name = listed.pack
)
"""

_TELL_INSTALLED = f"""
{_HISTORY}
SELECT pack.id, account.id, listed.instance, NULL, release.id,
    :action, :actor, (SELECT revision FROM applied), :at
FROM listed
JOIN account ON account.name = listed.account
JOIN pack ON pack.name = listed.pack
JOIN release ON release.pack_id = pack.id AND release.version = listed.release
WHERE NOT EXISTS (
    SELECT 1 FROM attachment
    WHERE attachment.pack_id = pack.id AND attachment.account_id = account.id
        AND attachment.instance = listed.instance
)
ORDER BY pack.id, account.id, listed.instance
"""
# A row that is there already keeps what it runs and what the account asked for: it may have asked
# after the plan was made.
_CONFIGURE_EXISTING = """
ON CONFLICT (pack_id, account_id, instance) DO UPDATE SET
    origin = excluded.origin,
    entitled = excluded.entitled,
    declared = excluded.declared,
    adopt_declared = excluded.adopt_declared,
    hold_until = excluded.hold_until,
    hold_reason = excluded.hold_reason,
    updated_at = excluded.updated_at
WHERE attachment.origin <> excluded.origin
    OR attachment.entitled <> excluded.entitled
    OR attachment.declared IS DISTINCT FROM excluded.declared
    OR attachment.adopt_declared IS DISTINCT FROM excluded.adopt_declared
    OR attachment.hold_until IS DISTINCT FROM excluded.hold_until
    OR attachment.hold_reason IS DISTINCT FROM excluded.hold_reason
"""
_PUT = f"""
INSERT INTO attachment
    (pack_id, account_id, instance, mode, release_id, origin, entitled, declared, requested,
    adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until, hold_reason, updated_at)
SELECT pack.id, account.id, listed.instance, pack.mode, release.id, listed.origin, listed.entitled,
    listed.declared, listed.requested, listed.adopt_declared, listed.adopt_requested,
    listed.adopted_in, listed.adopt_at, listed.hold_until, listed.hold_reason, listed.updated_at
FROM listed
JOIN account ON account.name = listed.account
JOIN pack ON pack.name = listed.pack
LEFT JOIN release ON release.pack_id = pack.id AND release.version = listed.release
WHERE :install OR EXISTS (
    SELECT 1 FROM attachment
    WHERE attachment.pack_id = pack.id AND attachment.account_id = account.id
        AND attachment.instance = listed.instance
)
ORDER BY pack.id, account.id, listed.instance
{_CONFIGURE_EXISTING}
"""


def change_membership(
    transaction: Transaction,
    members: Iterable[Member],
    at: datetime,
    actor: str,
    batch: int = BATCH,
) -> int:
    """Removes, adds and sets rows; returns how many rows' release changed by that.

    Each transaction takes at most `batch` rows; nothing that differs, nothing begun. Raises
    StoreError.
    """
    values = {"actor": actor, "at": codec.time_text(at)}
    moved = 0
    stream = iter(members)
    while some := list(islice(stream, batch)):
        gone = [member.before.key for member in some if member.after is None and member.before]
        added = [member.after for member in some if member.before is None and member.after]
        changed = [member.after for member in some if member.before and member.after]
        if gone:
            with transaction() as connection:
                moved += _uninstall(connection, gone, values)
        for rows, install in ((added, True), (changed, False)):
            if rows:
                with transaction() as connection:
                    moved += _put(connection, rows, values, install)
    return moved


def _uninstall(connection: Connection, keys: Sequence[AttachmentKey], values: Values) -> int:
    listed = ({"account": key.account, "pack": key.pack, "instance": key.instance} for key in keys)
    _list(connection, _KEY_COLUMNS, listed)
    running = connection.execute(_COUNT_RUNNING).fetchone()[0]
    connection.execute(_TELL_UNINSTALLED, {**values, "action": Action.UNINSTALL.value})
    connection.execute(_UNINSTALL)
    return int(running)


def _put(connection: Connection, rows: Sequence[Attached], values: Values, install: bool) -> int:
    listed = (codec.attached_row(row, values["at"]) for row in rows)
    _list(connection, codec.ATTACHED_COLUMNS, listed)
    unknown = connection.execute(_UNKNOWN).fetchone()
    if unknown is not None:
        account, pack, release = unknown
        wanted = " ".join(filter(None, (pack, release)))
        raise StoreError(f"account {account} can't get {wanted}, which the store never accepted")
    installed = 0
    if install:
        connection.execute(_PUT_ACCOUNTS)
        told = {**values, "action": Action.INSTALL.value}
        installed = connection.execute(_TELL_INSTALLED, told).rowcount
    connection.execute(_PUT, {"install": install})
    return installed


def _list(connection: Connection, columns: Sequence[str], rows: Iterator[codec.Row]) -> None:
    """Names instead of numbers; requests for these packs wait until the batch is written."""
    connection.list_rows(columns, rows)
    connection.lock(_THE_PACKS)
