"""Slots that accounts choose -> when their packs, and the next pass, are due at the latest.

A pass writes what it found when it read; an account may have chosen a slot since. So that neither
undoes the other, each takes the earlier of its own instant and what the rows say.
"""

from reconciler.model.base import Attached
from reconciler.store import codec
from reconciler.store.connection import Connection

SOONEST = """
(
    SELECT CASE WHEN at < :next_due THEN at ELSE coalesce(:next_due, at) END
    FROM (SELECT min(due_at) AS at FROM pack WHERE name NOT LIKE '%~%') AS first
)
"""
"""The earlier of :next_due and of what packs say; NULL for never."""

_PACK_BY = """
UPDATE pack SET due_at = :at WHERE name = :pack AND (due_at IS NULL OR due_at > :at)
"""
_NEXT_BY = "UPDATE applied SET next_due = :at WHERE next_due IS NULL OR next_due > :at"
# Of the accounts that asked for something after the plan was made: an event tells of each.
_CHOSEN_SINCE = """
SELECT pack.name, min(adopt_at)
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
JOIN release ON release.id = pending_id
WHERE account.name IN (
        SELECT account FROM event WHERE number > :seen AND account IS NOT NULL
    )
    AND adopt_at IS NOT NULL
    AND adopted_in = testing_period
    AND adopt_requested = release.version
    AND release_id IS DISTINCT FROM pending_id
GROUP BY pack.name
"""


def by_slot(connection: Connection, before: Attached | None, row: Attached) -> None:
    """In the transaction of a request: the pass comes in time for a slot that is new in the row."""
    if row.adopt_at is None or (before is not None and before.adopt_at == row.adopt_at):
        return
    values = {"pack": row.key.pack, "at": codec.time_text(row.adopt_at)}
    connection.execute(_PACK_BY, values)
    connection.execute(_NEXT_BY, values)


def by_slots_since(connection: Connection, seen: int) -> None:
    """In the transaction of a pass, whose packs were planned when event `seen` was the newest."""
    for pack, at in connection.execute(_CHOSEN_SINCE, {"seen": seen}).fetchall():
        connection.execute(_PACK_BY, {"pack": pack, "at": at})
