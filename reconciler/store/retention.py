"""History of old months -> nothing but an event that tells so."""

from reconciler.errors import StoreError
from reconciler.model.events import EventDraft, EventKind
from reconciler.store import codec, log
from reconciler.store.connection import Connection
from reconciler.store.store import SqlStore

_LINES = "SELECT count(*) FROM history WHERE at < :before"
# A pass that was killed is finished as of its own instant, so that a line may be older than the one
# before it. What is dropped must be the beginning of each attachment's history.
_ACROSS = """
SELECT account.name || ' ' || pack.name
FROM history AS gone
JOIN history AS kept USING (pack_id, account_id, instance)
JOIN pack ON pack.id = pack_id
JOIN account ON account.id = account_id
WHERE gone.at < :before AND kept.at >= :before AND kept.number < gone.number
    AND gone.number > (SELECT min(number) FROM history WHERE at >= :before)
ORDER BY account.name, pack.name LIMIT 1
"""
_DROP = "DELETE FROM history WHERE at < :before"


def trim_history(store: SqlStore, before: str, actor: str) -> int:
    """Drops the history lines from before a month (YYYY-MM, UTC); returns how many they were.

    Attachments, releases and events stay. Raises LeaseHeld while a pass runs, and StoreError for a
    month that is not over, or one whose end falls into the middle of what a single pass did.
    """
    now, database = store.clock.now(), store.database
    if before > codec.time_text(now)[:7]:
        raise StoreError(
            f"the month before {before} is not over",
            f"name {codec.time_text(now)[:7]}, which keeps this month, or an earlier one",
        )
    with database.leased(0) as (writer, lease):
        with writer.transaction() as connection:
            token = lease.fence(connection)
            dropped = _dropped(connection, before)
            if dropped:
                database.drop_months(connection, before)
                connection.execute(_DROP, {"before": before})
                event = EventDraft(
                    kind=EventKind.TRIMMED,
                    at=now,
                    actor=actor,
                    message=f"history lines from before {before} were dropped: {dropped:,}",
                    details={"before": before, "lines": dropped},
                )
                log.append(connection, (event,))
        lease.fenced(token)
    return dropped


def _dropped(connection: Connection, before: str) -> int:
    """How many lines there are to drop. Raises StoreError."""
    across = connection.execute(_ACROSS, {"before": before}).fetchone()
    if across is not None:
        raise StoreError(
            f"history can't be cut at {before}: {across[0]} moved before it, and that line was"
            " written after one from later on",
            "name another month",
        )
    return int(connection.execute(_LINES, {"before": before}).fetchone()[0])
