"""What a pack serves -> the release of each of its rows, with a history line for each move.

The SQL says the same as desired/targets.py, for all rows of a range at once. Which rows are left to
move follows from the rows themselves; nobody keeps a list of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.model.changes import Rollout
from reconciler.store.connection import Connection, Values

# Higher than the number of any account.
LAST_ACCOUNT = 2**31 - 1

_SERVED_NAMES = (
    "name", "pack", "several", "testing_period", "current", "current_version", "current_key",
    "pending", "pending_key", "pending_version",
)  # fmt: skip
SERVED = """
SELECT pack.name, pack.id AS pack, pack.mode = 'multiple' AS several, testing_period,
    current_id AS current, current.version AS current_version, current.sort_key AS current_key,
    pending_id AS pending, pending.sort_key AS pending_key, pending.version AS pending_version
FROM pack
JOIN release AS current ON current.id = current_id
LEFT JOIN release AS pending ON pending.id = pending_id
"""
# Of more packs than this, all are read at once.
_NAMED_PACKS = 50

_ASKED = "(adopted_in = :testing_period AND adopt_requested = :pending_version)"
# The release that a row should run.
_TARGET = f"""
CASE
    WHEN (
        adopt_declared = :pending_version
        OR ({_ASKED} AND (adopt_at IS NULL OR adopt_at <= :at))
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
    WHEN {_ADOPTS} THEN CASE
        WHEN adopt_at IS NULL OR adopt_declared IS NOT DISTINCT FROM :pending_version THEN 'adopt'
        ELSE 'slot'
    END
    ELSE 'upgrade'
END
"""
# A move forgets a slot, unless it is still to come.
_SLOT_KEPT = f"CASE WHEN {_ASKED} AND adopt_at > :at THEN adopt_at END"
SUSPENDED_ACCOUNT = "account_id IN (SELECT id FROM account WHERE suspended = 1)"
# Downward moves pass every gate; a hold keeps back upgrades alone.
_PASSES = f"""
(
    NOT :gated
    OR {_RUNS_HIGHER}
    OR (
        NOT :suspended
        AND (hold_until IS NULL OR hold_until <= :today OR release_id IS NULL OR {_ADOPTS})
        AND NOT {SUSPENDED_ACCOUNT}
    )
)
"""
_MOVES = f"""
release_id IS DISTINCT FROM ({_TARGET}) AND {_PASSES}
    AND (:again OR account_id NOT IN (SELECT account_id FROM set_aside WHERE pack_id = :pack))
"""

_NEXT = f"""
SELECT min(account_id) AS first, max(account_id) AS last, count(*) AS rows
FROM (
    SELECT account_id FROM attachment
    WHERE pack_id = :pack AND account_id > :after AND account_id <= :until AND {_MOVES}
    ORDER BY account_id LIMIT :batch
) AS range
"""
_IN_RANGE = f"pack_id = :pack AND account_id BETWEEN :first AND :last AND {_MOVES}"
_LINE = """
INSERT INTO history
    (pack_id, account_id, instance, before_id, after_id, action, actor, revision, at)
"""
# Where whoever writes is alone: one statement tells, and the next one moves the same rows.
_TELL = f"""
{_LINE}
SELECT pack_id, account_id, instance, release_id, {_TARGET}, {_ACTION}, :actor,
    (SELECT revision FROM applied), :at
FROM attachment WHERE {_IN_RANGE}
ORDER BY account_id, instance
"""
_MOVE = f"""
UPDATE attachment SET release_id = {_TARGET}, adopt_at = {_SLOT_KEPT}, updated_at = :at
WHERE {_IN_RANGE}
"""
# Where others write beside it: rows are claimed by locking them, in one order for all; what was
# claimed is moved, and what was moved is told. The place of a locked row can't change; without it a
# join might read the whole table.
_CLAIM = f"""
WITH claimed AS (
    SELECT ctid AS place, account_id, instance, release_id AS before_id, {_TARGET} AS after_id,
        {_SLOT_KEPT} AS slot, {_ACTION} AS action
    FROM attachment WHERE {_IN_RANGE}
    ORDER BY account_id, instance
    FOR NO KEY UPDATE {{others}}
), moved AS (
    UPDATE attachment SET release_id = claimed.after_id, adopt_at = claimed.slot, updated_at = :at
    FROM claimed
    WHERE attachment.ctid = claimed.place AND attachment.pack_id = :pack
        AND attachment.account_id = claimed.account_id AND attachment.instance = claimed.instance
    RETURNING claimed.account_id, claimed.instance, before_id, after_id, action
)
{_LINE}
SELECT :pack, account_id, instance, before_id, after_id, action, :actor,
    (SELECT revision FROM applied), :at
FROM moved ORDER BY account_id, instance
"""
_WAIT, _SKIP = _CLAIM.format(others=""), _CLAIM.format(others="SKIP LOCKED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The rows of one pack that are to run what it serves; `values` are those of the statements."""

    pack: str
    release: str
    several: bool
    values: Values

    @property
    def pack_id(self) -> int:
        """The pack's number."""
        return int(self.values["pack"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Accounts of one pack, by number, from `first` to `last`; `rows` were found to be moved.

    A range ends with an account: all its instances go together.
    """

    work: Work
    first: int
    last: int
    rows: int


def works(connection: Connection, rollouts: Sequence[Rollout], common: Values) -> tuple[Work, ...]:
    """What there is to do, in the order given; without a current release there is nothing.

    `common` are the values that all of them share: gated, today, at, actor.
    """
    if len(rollouts) > _NAMED_PACKS:
        rows = connection.execute(SERVED).fetchall()
    else:
        rows = [
            row
            for rollout in rollouts
            for row in connection.execute(
                f"{SERVED} WHERE pack.name = :name", {"name": rollout.pack}
            ).fetchall()
        ]
    by_name = {row[0]: row for row in rows}
    return tuple(
        work_of(by_name[rollout.pack], common, rollout.closed, rollout.suspended)
        for rollout in rollouts
        if rollout.pack in by_name
    )


def work_of(row: Sequence[Any], common: Values, closed: bool, suspended: bool) -> Work:
    """A row of SERVED, and what the roll-out says, as work."""
    served = dict(zip(_SERVED_NAMES, row, strict=True))
    gates = {"closed": closed, "suspended": suspended, "again": False}
    return Work(
        pack=served.pop("name"),
        release=served.pop("current_version"),
        several=bool(served.pop("several")),
        values={**served, **gates, **common},
    )


def again(work: Work) -> Work:
    """The same for rows that were set aside, too."""
    return replace(work, values={**work.values, "again": True})


def next_claim(
    connection: Connection, work: Work, after: int, until: int, batch: int
) -> Claim | None:
    """The next rows to move, of accounts above `after` up to `until`; None when none are left.

    Looked up outside of any transaction, so that nothing to move means nothing begun.
    """
    values = {**work.values, "after": after, "until": until, "batch": batch}
    first, last, rows = connection.execute(_NEXT, values).fetchone()
    return None if first is None else Claim(work=work, first=first, last=last, rows=rows)


def move(connection: Connection, claim: Claim, *, wait: bool) -> int:
    """Moves the rows of a claim inside the caller's transaction; returns how many.

    Rows that another transaction has locked are waited for, or left to it.
    """
    values = {**claim.work.values, "first": claim.first, "last": claim.last}
    if not connection.alone:
        return connection.execute(_WAIT if wait else _SKIP, values).rowcount
    told = connection.execute(_TELL, values).rowcount
    moved = connection.execute(_MOVE, values).rowcount
    assert told == moved, "a history line for each move"
    return moved
