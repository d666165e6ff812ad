"""What a pack serves -> the release of each of its rows, with a history line for each move.

The SQL says the same as desired/targets.py, for all rows of a range at once.
"""

from collections.abc import Iterator
from datetime import date, datetime

from reconciler.model.changes import Rollout
from reconciler.store import codec
from reconciler.store.connection import Connection, Values, Writer
from reconciler.store.membership import BATCH, Transaction

_PACK = """
SELECT pack.id AS pack, testing_period, current_id AS current, current.sort_key AS current_key,
    pending_id AS pending, pending.sort_key AS pending_key, pending.version AS pending_version
FROM pack
JOIN release AS current ON current.id = current_id
LEFT JOIN release AS pending ON pending.id = pending_id
WHERE pack.name = :name
"""

# The release that a row should run.
_TARGET = """
CASE
    WHEN (
        adopt_declared = :pending_version
        OR (adopted_in = :testing_period AND adopt_requested = :pending_version)
    ) AND (release_id IS NOT DISTINCT FROM :pending OR NOT :closed) THEN :pending
    ELSE :current
END
"""
_ADOPTS = f"(({_TARGET}) IS NOT DISTINCT FROM :pending)"
_RUNS_HIGHER = f"""
CASE
    WHEN release_id IS NULL THEN FALSE
    WHEN {_ADOPTS} THEN release_id IN (
        SELECT id FROM release WHERE pack_id = :pack AND sort_key > :pending_key
    )
    ELSE release_id IN (SELECT id FROM release WHERE pack_id = :pack AND sort_key > :current_key)
END
"""
_ACTION = f"""
CASE
    WHEN release_id IS NULL THEN 'install'
    WHEN {_RUNS_HIGHER} THEN CASE
        WHEN release_id IN (
            SELECT id FROM release WHERE pack_id = :pack AND promoted_at IS NOT NULL
        ) THEN 'rollback'
        ELSE 'revert'
    END
    WHEN {_ADOPTS} THEN 'adopt'
    ELSE 'upgrade'
END
"""
_SUSPENDED_ACCOUNT = "account_id IN (SELECT id FROM account WHERE suspended = 1)"
# Downward moves pass every gate; a hold keeps back upgrades alone.
_PASSES = f"""
(
    NOT :gated
    OR {_RUNS_HIGHER}
    OR (
        NOT :suspended
        AND (hold_until IS NULL OR hold_until <= :today OR release_id IS NULL OR {_ADOPTS})
        AND NOT {_SUSPENDED_ACCOUNT}
    )
)
"""
_MOVES = f"release_id IS DISTINCT FROM ({_TARGET}) AND {_PASSES}"

_NEXT_RANGE = f"""
SELECT min(account_id) AS first, max(account_id) AS last
FROM (
    SELECT account_id FROM attachment
    WHERE pack_id = :pack AND account_id > :after AND {_MOVES}
    ORDER BY account_id LIMIT :batch
) AS range
"""
_THE_PACK = "SELECT id FROM pack WHERE id = :pack"
_IN_RANGE = f"pack_id = :pack AND account_id BETWEEN :first AND :last AND {_MOVES}"
_TELL = f"""
INSERT INTO history
    (pack_id, account_id, instance, before_id, after_id, action, actor, revision, at)
SELECT pack_id, account_id, instance, release_id, {_TARGET}, {_ACTION}, :actor,
    (SELECT revision FROM applied), :at
FROM attachment WHERE {_IN_RANGE}
ORDER BY account_id, instance
"""
_MOVE = f"UPDATE attachment SET release_id = {_TARGET}, updated_at = :at WHERE {_IN_RANGE}"


def roll_out(
    writer: Writer,
    transaction: Transaction,
    rollout: Rollout,
    *,
    gated: bool,
    today: date,
    at: datetime,
    actor: str,
    batch: int = BATCH,
) -> Iterator[int]:
    """Moves the rows of one pack, yielding the rows moved by each transaction.

    The next range is looked up outside of any transaction, so that nothing to move means nothing
    begun. A range ends with an account: all its instances go together.
    """
    served = _served(writer.connection, rollout.pack)
    if served is None:
        return
    values: Values = {
        **served,
        "closed": rollout.closed,
        "suspended": rollout.suspended,
        "gated": gated,
        "today": today.isoformat(),
        "at": codec.time_text(at),
        "actor": actor,
        "batch": batch,
    }
    after = -1
    while True:
        found = {**values, "after": after}
        first, last = writer.connection.execute(_NEXT_RANGE, found).fetchone()
        if first is None:
            return
        with transaction() as connection:
            found = {**values, "first": first, "last": last}
            connection.lock(_THE_PACK, found)
            told = connection.execute(_TELL, found).rowcount
            moved = connection.execute(_MOVE, found).rowcount
            assert told == moved, "a history line for each move"
        after = last
        yield moved


def _served(connection: Connection, pack: str) -> Values | None:
    """What the pack serves; None when it has no current release, so that nothing can move."""
    row = connection.execute(_PACK, {"name": pack}).fetchone()
    names = (
        "pack", "testing_period", "current", "current_key", "pending", "pending_key",
        "pending_version",
    )  # fmt: skip
    return None if row is None else dict(zip(names, row, strict=True))
