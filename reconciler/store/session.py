"""The lease -> the right to write: a fencing token that every transaction of a pass checks."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime

from reconciler.errors import LeaseHeld, LeaseLost
from reconciler.model.changes import Effects, Plan, Rollout
from reconciler.model.events import EventDraft
from reconciler.ports import Acceptance, Moved, Refusal
from reconciler.store import accepting, codec, locks, log, membership, refusals, rollouts, sqlite
from reconciler.store.connection import Connection, Writer
from reconciler.store.urls import Place

# The time of the lease is the database's, never that of --now.
_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
_TAKE = f"""
INSERT INTO lease (one, token, host, pid, since, renewed_at)
VALUES (1, 1, :host, :pid, {_NOW}, {_NOW})
ON CONFLICT (one) DO UPDATE SET
    token = token + 1, host = :host, pid = :pid, since = {_NOW}, renewed_at = {_NOW}
RETURNING token
"""
_RENEW = f"UPDATE lease SET renewed_at = {_NOW} WHERE token = :token"
_HOLDER = """
SELECT host, pid, since, date(since) = date('now'),
    round((julianday('now') - julianday(renewed_at)) * 86400)
FROM lease
"""

# One row, and only while the token is ours. A pass that is not settled stays so.
_RECORD = """
INSERT INTO applied
    (one, revision, applied_at, passed_at, settled, gated, next_due, zone_rules, refusals)
SELECT 1, :revision, :at, :at, 1, 1, :next_due, :zone_rules,
    (SELECT coalesce(max(number), 0) FROM refusal)
FROM lease WHERE token = :token
ON CONFLICT (one) DO UPDATE SET
    refusals = CASE revision WHEN :revision THEN refusals ELSE excluded.refusals END,
    applied_at = CASE revision WHEN :revision THEN applied_at ELSE :at END,
    revision = :revision,
    passed_at = :at,
    next_due = :next_due,
    zone_rules = :zone_rules
"""
_SETTLE = """
UPDATE applied SET settled = 1, gated = 1, passed_at = :at, next_due = :next_due
"""


class SqlSession:
    """Implements ports.Session."""

    def __init__(self, writer: Writer, token: int) -> None:
        self._writer = writer
        self._token = token

    def record(self, revision: str, plan: Plan, zone_rules: str) -> None:
        """A revision that changes nothing: the one row of the applied revision."""
        values = {
            "revision": revision,
            "at": codec.time_text(plan.now),
            "next_due": codec.optional_time_text(plan.next_due),
            "zone_rules": zone_rules,
            "token": self._token,
        }
        with self._writer.transaction() as connection:
            if connection.execute(_RECORD, values).rowcount != 1:
                raise _lost()

    def accept(self, acceptance: Acceptance) -> None:
        """One transaction; afterwards applied() says settled False."""
        with self._fenced() as connection:
            accepting.accept(connection, acceptance)

    def membership(self, effects: Effects, at: datetime, actor: str) -> Moved:
        """Uninstalls, installs and configures rows in bounded transactions; repeatable."""
        moved = membership.change_membership(self._fenced, effects, at, actor)
        return Moved(attachments=moved)

    def roll_out(
        self,
        rollout: Rollout,
        *,
        gated: bool,
        today: date,
        at: datetime,
        actor: str,
        progress: Callable[[int], None] | None = None,
    ) -> Moved:
        """Moves the rows of one pack to what it serves, in keyset batches; repeatable."""
        total = 0
        for moved in rollouts.roll_out(
            self._writer, self._fenced, rollout, gated=gated, today=today, at=at, actor=actor
        ):
            total += moved
            if progress is not None:
                progress(moved)
        return Moved(attachments=total)

    def settle(self, next_due: datetime | None, at: datetime) -> None:
        """All rows are as they should be: applied() says settled True again."""
        values = {"at": codec.time_text(at), "next_due": codec.optional_time_text(next_due)}
        with self._fenced() as connection:
            connection.execute(_SETTLE, values)

    def refuse(self, refusal: Refusal, events: tuple[EventDraft, ...]) -> bool:
        """Records a refusal, once per revision and reason; False when it was there already."""
        standing = refusals.standing(self._writer.connection, refusal)
        if standing is refusals.Standing.IN_FORCE:
            return False
        with self._fenced() as connection:
            refusals.put(connection, refusal)
            if standing is refusals.Standing.UNKNOWN:
                log.append(connection, events)
        return standing is refusals.Standing.UNKNOWN

    @contextmanager
    def _fenced(self) -> Iterator[Connection]:
        """A transaction that is undone unless the lease is still ours."""
        with self._writer.transaction() as connection:
            if connection.execute(_RENEW, {"token": self._token}).rowcount != 1:
                raise _lost()
            yield connection


def _lost() -> LeaseLost:
    return LeaseLost(
        "another reconciler took the lease over; nothing more was written",
        "run again: what was accepted is finished by the next pass",
    )


@contextmanager
def held_session(place: Place, wait_seconds: float) -> Iterator[SqlSession]:
    """Holds the lease for the block. Raises LeaseHeld after waiting, or StoreError.

    On SQLite the lease is a lock on a file beside the store, which goes with its process; the row
    in the store tells who holds it and counts the holders.
    """
    try:
        lease: AbstractContextManager[None] = sqlite.locked(place, ".lease", wait_seconds)
        lease.__enter__()
    except locks.LockBusy:
        raise _held(place, wait_seconds) from None
    try:
        with sqlite.writing(place) as writer:
            with writer.transaction() as connection:
                token = connection.execute(_TAKE, _holder()).fetchone()[0]
            yield SqlSession(writer, token)
    finally:
        lease.__exit__(None, None, None)


def _holder() -> dict[str, object]:
    return {"host": os.uname().nodename, "pid": os.getpid()}


def _held(place: Place, wait_seconds: float) -> LeaseHeld:
    with sqlite.reading(place) as connection:
        row = connection.execute(_HOLDER).fetchone()
    hint = "run again, or stop the other one"
    waited = f"waited {wait_seconds:.0f} s"
    if row is None:
        return LeaseHeld(f"another reconciler holds this store; {waited}", hint)
    host, pid, since, is_today, seconds_ago = row
    moment = since[11:19] if is_today else f"{since[:10]} {since[11:19]}"
    return LeaseHeld(
        f"another reconciler (host {host}, pid {pid}) holds this store since {moment} UTC and"
        f" renewed {seconds_ago:.0f} s ago; {waited}",
        hint,
    )
