"""Roll-outs of many packs -> bounded transactions, fair between packs; what fails is set aside.

The leader of a pass and its workers run the same code; what differs is what guards a transaction.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from reconciler.errors import RowsRefused, StoreBusy
from reconciler.store import rollouts, set_aside
from reconciler.store.connection import Connection
from reconciler.store.rollouts import LAST_ACCOUNT, Claim, Work

_T = TypeVar("_T")

# Two statements a pack: whoever waits for a transaction of small packs waits for so many.
_PACKS_TOGETHER = 200
_TRIES = 3
_REPEATS = 10

_ENDS = """
SELECT min(account_id), max(account_id) FROM attachment WHERE pack_id = :pack
"""


class Hands(Protocol):
    """Who moves rows: the leader of a pass, or a worker."""

    @property
    def connection(self) -> Connection:
        """For looking up what is left, between two transactions."""
        ...

    def transaction(self) -> AbstractContextManager[Connection]:
        """One in which rows may be moved; undone when the right to do so is lost."""
        ...

    def note(self, connection: Connection, moved: Mapping[int, int]) -> None:
        """In a transaction: pack number -> rows that it moved."""
        ...


@dataclass(slots=True, kw_only=True)
class Walk:
    """What is left to look at of one pack: stretches of account numbers, above one up to another.

    `place`, from 0 to 1, is where in the range of its accounts a walk through a large pack begins,
    so that two who start at different places do not walk over each other. `short`: another
    transaction kept rows that this walk wanted; somebody has to come again.
    """

    work: Work
    place: float = 0.0
    stretches: list[tuple[int, int]] = field(default_factory=lambda: [(-1, LAST_ACCOUNT)])
    found: Claim | None = None
    short: bool = False
    set_aside: int = 0


def walks(connection: Connection, works: Sequence[Work], place: float = 0.0) -> list[Walk]:
    """One for each pack; what is set aside of it already counts."""
    there = set_aside.numbers(connection)
    return [Walk(work=work, place=place, set_aside=there.get(work.pack_id, 0)) for work in works]


class FanOut:
    """Takes one bounded batch of a pack at a time, in turn; small ones share a transaction.

    `wait`: for rows that others have locked, instead of leaving them to those.
    """

    def __init__(self, hands: Hands, walks: Sequence[Walk], *, batch: int, wait: bool) -> None:
        self._hands = hands
        self._turns = deque(walks)
        self._walks = {walk.work.pack_id: walk for walk in walks}
        self._batch = batch
        self.wait = wait

    @property
    def more(self) -> bool:
        """Whether there is something left to look at."""
        return bool(self._turns)

    @property
    def left(self) -> tuple[Walk, ...]:
        """Packs that somebody has to look at again: others kept rows of them."""
        return tuple(walk for walk in self._walks.values() if walk.short)

    def claims(self) -> list[Claim]:
        """What the next transaction takes; empty when nothing is left."""
        found: list[Claim] = []
        rows = 0
        while self._turns and rows < self._batch and len(found) < _PACKS_TOGETHER:
            walk = self._turns.popleft()
            claim = walk.found = walk.found or self._next(walk)
            if claim is None:
                continue
            if found and rows + claim.rows > self._batch:
                self._turns.appendleft(walk)
                break
            walk.found = None
            found.append(claim)
            rows += claim.rows
            if walk.stretches:
                self._turns.append(walk)
        return found

    def _next(self, walk: Walk) -> Claim | None:
        connection = self._hands.connection
        while walk.stretches and walk.set_aside < set_aside.MOST:
            after, until = walk.stretches.pop(0)
            claim = rollouts.next_claim(connection, walk.work, after, until, self._batch)
            if claim is None:
                continue
            # What was found before the batch was full is all there is.
            full = claim.rows == self._batch and claim.last < until
            if full and walk.place:
                walk.stretches = self._from(walk)
                walk.place = 0.0
                continue
            if full:
                walk.stretches.insert(0, (claim.last, until))
            return claim
        return None

    def _from(self, walk: Walk) -> list[tuple[int, int]]:
        """From its place to the end, then what is before it."""
        first, last = self._hands.connection.execute(_ENDS, walk.work.values).fetchone()
        middle = first + int(walk.place * (last - first))
        return [(middle, LAST_ACCOUNT), (-1, middle)]

    def move(self, claims: Sequence[Claim]) -> Counter[str]:
        """Moves the rows of claims in one transaction, or in several when some rows fail.

        Returns pack -> rows moved. What fails is halved until it is one account, which is set
        aside when it fails again and again.
        """
        claims = [claim for claim in claims if self._goes_on(claim)]
        if not claims:
            return Counter()
        try:
            return self._moved(claims)
        except RowsRefused as error:
            if len(claims) == 1 and claims[0].first == claims[0].last:
                return self._moved_alone(claims[0], error)
        moved = Counter[str]()
        for half in _halves(claims):
            moved += self.move(half)
        return moved

    def _goes_on(self, claim: Claim) -> bool:
        return self._walks[claim.work.pack_id].set_aside < set_aside.MOST

    def _moved(self, claims: Sequence[Claim]) -> Counter[str]:
        moved: list[int] = repeated(lambda: self._moved_once(claims))
        total = Counter[str]()
        for claim, rows in zip(claims, moved, strict=True):
            total[claim.work.pack] += rows
            # All instances of an account go together, so that there may be more than were found.
            if not self.wait and (rows < claim.rows or claim.work.several):
                self._walks[claim.work.pack_id].short = True
        return total

    def _moved_once(self, claims: Sequence[Claim]) -> list[int]:
        with self._hands.transaction() as connection:
            moved = [rollouts.move(connection, claim, wait=self.wait) for claim in claims]
            numbers = Counter[int]()
            for claim, rows in zip(claims, moved, strict=True):
                numbers[claim.work.pack_id] += rows
            self._hands.note(connection, numbers)
        return moved

    def _moved_alone(self, claim: Claim, error: RowsRefused) -> Counter[str]:
        for _ in range(_TRIES - 1):
            try:
                return self._moved([claim])
            except RowsRefused as again:
                error = again
        self._walks[claim.work.pack_id].set_aside += 1
        with self._hands.transaction() as connection:
            set_aside.put(connection, claim, _TRIES, error.said)
        return Counter()


def repeated(attempt: Callable[[], _T]) -> _T:
    """What an attempt returns, repeated when another transaction stood in its way."""
    for _ in range(_REPEATS):
        try:
            return attempt()
        except StoreBusy:
            continue
    return attempt()


def _halves(claims: Sequence[Claim]) -> tuple[Sequence[Claim], Sequence[Claim]]:
    if len(claims) > 1:
        middle = len(claims) // 2
        return claims[:middle], claims[middle:]
    (claim,) = claims
    last = (claim.first + claim.last) // 2
    return [replace(claim, last=last)], [replace(claim, first=last + 1)]
