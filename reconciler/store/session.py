"""The lease -> the right to write: a fencing token that every transaction of a pass checks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime

from reconciler.errors import LeaseHeld, LeaseLost
from reconciler.model.changes import Effects, Plan, Rollout
from reconciler.model.events import EventDraft
from reconciler.ports import Acceptance, Moved, Refusal
from reconciler.store import accepting, codec, locks, log, membership, refusals, rollouts, sqlite
from reconciler.store.connection import Connection, Writer
from reconciler.store.holder import Holder, told_holder
from reconciler.store.urls import Place

# The time of the lease is the database's, never that of --now.
_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
# The first write of a session takes the token, so that a pass that writes nothing changes nothing.
_TAKE = f"""
INSERT INTO lease (one, token, host, pid, since, renewed_at)
SELECT 1, 1, :host, :pid, {_NOW}, {_NOW}
WHERE coalesce((SELECT token FROM lease), 0) = :seen
ON CONFLICT (one) DO UPDATE SET
    token = token + 1, host = :host, pid = :pid, since = {_NOW}, renewed_at = {_NOW}
RETURNING token
"""
_RENEW = f"UPDATE lease SET renewed_at = {_NOW} WHERE token = :token RETURNING token"
_NOW_SECONDS = "SELECT CAST(strftime('%s', 'now') AS INTEGER)"
_SEEN = "SELECT coalesce((SELECT token FROM lease), 0)"

# One row, and only while the token is ours. A pass that is not settled stays so.
_RECORD = """
INSERT INTO applied
    (one, revision, applied_at, passed_at, settled, gated, next_due, zone_rules, refusals)
SELECT 1, :revision, :at, :at, 1, 1, :next_due, :zone_rules,
    (SELECT coalesce(max(number), 0) FROM refusal)
WHERE coalesce((SELECT token FROM lease), 0) = :token
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

    def __init__(self, writer: Writer, holder: Holder) -> None:
        self._writer = writer
        self._holder = holder
        self._seen: int = writer.connection.execute(_SEEN).fetchone()[0]
        self._token: int | None = None

    def record(self, revision: str, plan: Plan, zone_rules: str) -> None:
        """A revision that changes nothing: the one row of the applied revision."""
        values = {
            "revision": revision,
            "at": codec.time_text(plan.now),
            "next_due": codec.optional_time_text(plan.next_due),
            "zone_rules": zone_rules,
            "token": self._seen if self._token is None else self._token,
        }
        with self._writer.transaction() as connection:
            if connection.execute(_RECORD, values).rowcount != 1:
                raise _lost()

    def accept(self, acceptance: Acceptance) -> bool:
        """One transaction; afterwards applied() says settled False. True: accounts came between."""
        with self._fenced() as connection:
            return accepting.accept(connection, acceptance)

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
            if self._token is None:
                row = connection.execute(_TAKE, {**self._holder.row, "seen": self._seen}).fetchone()
            else:
                row = connection.execute(_RENEW, {"token": self._token}).fetchone()
            if row is None:
                raise _lost()
            yield connection
        self._token = row[0]
        self._holder.renew()


def _lost() -> LeaseLost:
    return LeaseLost(
        "another reconciler took the lease over; nothing more was written",
        "run again: what was accepted is finished by the next pass",
    )


@contextmanager
def held_session(place: Place, wait_seconds: float) -> Iterator[SqlSession]:
    """Holds the lease for the block. Raises LeaseHeld after waiting, or StoreError.

    On SQLite the lease is a lock on a file beside the store, which goes with its process and names
    its holder; the row in the store counts the holders that wrote.
    """
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(sqlite.locked(place, ".lease", wait_seconds))
        except locks.LockBusy:
            raise _held(place, wait_seconds) from None
        holder = Holder(descriptor)
        yield SqlSession(stack.enter_context(sqlite.writing(place)), holder)


def _held(place: Place, wait_seconds: float) -> LeaseHeld:
    hint = "run again, or stop the other one"
    waited = f"waited {wait_seconds:.0f} s"
    with sqlite.reading(place) as connection:
        now_seconds = connection.execute(_NOW_SECONDS).fetchone()[0]
    told = told_holder(place.beside(".lease"), now_seconds)
    return LeaseHeld(f"another reconciler{told}; {waited}", hint)
