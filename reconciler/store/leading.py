"""The roll-outs of a pass -> every row moved, by the leader and by whoever helps it.

Where workers may help, the leader says so in the store, works as they do, and comes again for what
others kept; then it ends their right to help, and counts what they moved.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from reconciler.errors import RowsRefused
from reconciler.store import rollouts, set_aside
from reconciler.store.connection import Connection, Lease, Values
from reconciler.store.fan_out import FanOut, repeated, walks
from reconciler.store.membership import Transaction
from reconciler.store.rollouts import Claim, Work

Moved = Callable[[str, int], None]


class Leader:
    """Implements fan_out.Hands under the lease of a pass; `moved` is told pack and rows."""

    def __init__(
        self, connection: Connection, fenced: Transaction, lease: Lease, moved: Moved
    ) -> None:
        self.connection = connection
        self._fenced = fenced
        self._lease = lease
        self._moved = moved
        self._helped = Counter[int]()
        self._names: dict[int, str] = {}

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One that is undone unless the lease is still ours; takes over what workers counted."""
        with self._fenced() as connection:
            yield connection
            helped = self._lease.helped(connection)
        self._helped.update(helped)

    def note(self, connection: Connection, moved: Mapping[int, int]) -> None:
        """Nothing: the leader counts for itself."""

    def roll_out(self, works: Sequence[Work], common: Values, *, batch: int, at: datetime) -> None:
        """Moves all rows of all packs. Raises RowsSetAside, when some of them can't be moved."""
        self._names = {work.pack_id: work.pack for work in works}
        for claim in set_aside.claims(self.connection, works):
            self._try_again(claim)
        alone = self.connection.alone
        fan_out = FanOut(self, walks(self.connection, works), batch=batch, wait=True)
        claims = fan_out.claims()
        shared = fan_out.more and not alone
        if shared:
            self._share(works, common)
            fan_out.wait = False
        self._finish(fan_out, claims)
        if shared:
            kept = walks(self.connection, [walk.work for walk in fan_out.left])
            again = FanOut(self, kept, batch=batch, wait=True)
            self._finish(again, again.claims())
            self._unshare()
        self._tell_of_set_aside(common["actor"], at)

    def _finish(self, fan_out: FanOut, claims: Sequence[Claim]) -> None:
        while claims:
            self._count(fan_out.move(claims))
            claims = fan_out.claims()

    def _count(self, moved: Counter[str]) -> None:
        for pack, rows in self._helped.items():
            moved[self._names[pack]] += rows
        self._helped.clear()
        for name, rows in moved.items():
            if rows:
                self._moved(name, rows)

    def _share(self, works: Sequence[Work], common: Values) -> None:
        with self._fenced() as connection:
            self._lease.share(connection, [work.values for work in works], common)

    def _unshare(self) -> None:
        def attempt() -> None:
            with self.transaction() as connection:
                self._lease.unshare(connection)

        repeated(attempt)
        self._count(Counter())

    def _try_again(self, claim: Claim) -> None:
        """An account that an earlier pass, or this one's beginning, set aside."""

        def attempt() -> int:
            with self._fenced() as connection:
                moved = rollouts.move(connection, claim, wait=True)
                set_aside.forget(connection, claim)
            return moved

        try:
            self._count(Counter({claim.work.pack: repeated(attempt)}))
        except RowsRefused as error:
            with self._fenced() as connection:
                set_aside.put(connection, claim, 1, error.said)

    def _tell_of_set_aside(self, actor: str, at: datetime) -> None:
        standing = set_aside.standing(self.connection)
        found = {pack: standing[pack] for pack in self._names.values() if pack in standing}
        if not found:
            return
        if any(of_pack.new for of_pack in found.values()):
            with self._fenced() as connection:
                set_aside.tell(connection, found, at, actor, _revision(connection))
        raise set_aside.error(found)


def _revision(connection: Connection) -> str | None:
    row = connection.execute("SELECT revision FROM applied").fetchone()
    return None if row is None else str(row[0])
