"""A plan's effects -> transactions that hold the lease; each is undone unless it is still ours."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from reconciler.errors import LeaseLost
from reconciler.model.changes import Member, Plan, Rollout
from reconciler.model.events import EventDraft
from reconciler.ports import Acceptance, Moved, Refusal
from reconciler.store import accepting, codec, due, log, membership, refusals, set_aside
from reconciler.store.connection import Connection, Database, Lease, Writer
from reconciler.store.leading import Leader
from reconciler.store.membership import BATCH
from reconciler.store.rollouts import works as found_works

# One row. A pass that is not settled stays so.
_RECORD = f"""
INSERT INTO applied
    (one, revision, applied_at, passed_at, settled, gated, next_due, zone_rules, refusals)
SELECT 1, :revision, :at, :at, TRUE, TRUE, {due.SOONEST}, :zone_rules,
    (SELECT coalesce(max(number), 0) FROM refusal)
WHERE TRUE
ON CONFLICT (one) DO UPDATE SET
    refusals = CASE applied.revision WHEN :revision THEN applied.refusals
        ELSE excluded.refusals END,
    applied_at = CASE applied.revision WHEN :revision THEN applied.applied_at ELSE :at END,
    revision = :revision,
    passed_at = :at,
    next_due = excluded.next_due,
    zone_rules = :zone_rules
"""
_SETTLE = f"""
UPDATE applied SET settled = TRUE, gated = TRUE, passed_at = :at, next_due = {due.SOONEST}
"""


class SqlSession:
    """Implements ports.Session. `batch`: how many rows a transaction of a fan-out moves."""

    batch = BATCH

    def __init__(self, writer: Writer, lease: Lease) -> None:
        self._writer = writer
        self._lease = lease

    def record(self, revision: str, plan: Plan, zone_rules: str) -> None:
        """A revision that changes nothing: the one row of the applied revision."""
        values = {
            "revision": revision,
            "at": codec.time_text(plan.now),
            "next_due": codec.optional_time_text(plan.next_due),
            "zone_rules": zone_rules,
        }
        with self._writer.transaction() as connection:
            self._lease.confirm(connection)
            connection.lock(log.END)  # who chooses a slot brings the next pass nearer
            connection.execute(_RECORD, values)

    def accept(self, acceptance: Acceptance) -> frozenset[str]:
        """One transaction; afterwards applied() says settled False. Returns who came between."""
        with self._fenced() as connection:
            return accepting.accept(connection, acceptance)

    def membership(self, members: Iterable[Member], at: datetime, actor: str) -> Moved:
        """Removes, adds and sets rows in bounded transactions; repeatable."""
        moved = membership.change_membership(self._fenced, members, at, actor)
        return Moved(attachments=moved)

    def roll_out(
        self,
        rollouts: Sequence[Rollout],
        *,
        gated: bool,
        today: date,
        at: datetime,
        actor: str,
        progress: Callable[[str, int], None] | None = None,
    ) -> Moved:
        """Moves the rows of packs to what these serve, in batches; repeatable."""
        total = 0

        def moved(pack: str, rows: int) -> None:
            nonlocal total
            total += rows
            if progress is not None:
                progress(pack, rows)

        common = {
            "gated": gated,
            "today": today.isoformat(),
            "at": codec.time_text(at),
            "actor": actor,
        }
        connection = self._writer.connection
        works = found_works(connection, rollouts, common)
        leader = Leader(connection, self._fenced, self._lease, moved)
        leader.roll_out(works, common, batch=self.batch, at=at)
        return Moved(attachments=total)

    def settle(self, next_due: datetime | None, at: datetime) -> None:
        """All rows are as they should be: applied() says settled True again."""
        values = {"at": codec.time_text(at), "next_due": codec.optional_time_text(next_due)}
        with self._fenced() as connection:
            connection.lock(log.END)  # as above
            connection.execute(_SETTLE, values)
            set_aside.forget_all(connection)

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
            token = self._lease.fence(connection)
            yield connection
        self._lease.fenced(token)


def lost() -> LeaseLost:
    """What is said when the fencing token is another's."""
    return LeaseLost(
        "another reconciler took the lease over; nothing more was written",
        "run again: what was accepted is finished by the next pass",
    )


@contextmanager
def held_session(database: Database, wait_seconds: float) -> Iterator[SqlSession]:
    """Holds the lease for the block. Raises LeaseHeld after waiting, or StoreError."""
    with database.leased(wait_seconds) as (writer, lease):
        yield SqlSession(writer, lease)
