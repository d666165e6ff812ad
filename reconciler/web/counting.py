"""What takes long to count -> the last answer, counted again beside those who read it.

Who asks while the answer is young gets it at once. When it is no longer fresh one thread counts
anew, and the others still get the one before. Who asks after a pause waits a moment for the new
one, and only who asks first of all waits for as long as it takes; however many wait, it is counted
once.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from reconciler.model.base import (
    Alike,
    Attached,
    AttachmentKey,
    Cohort,
    InstallBase,
    Rows,
    Siblings,
)
from reconciler.ports import Clock
from reconciler.ports.delivery import Behind, Deliveries
from reconciler.ports.views import Views

_log = logging.getLogger(__name__)
Value = TypeVar("Value")

FRESH_SECONDS = 5.0
OLDEST_SECONDS = 15.0
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Rows by what decides about them, pack by pack, as they were at `as_of` (UTC).

    `behind` are those whose runtimes do not run what they should, by pack.
    """

    cohorts: Mapping[str, tuple[Cohort, ...]]
    behind: Mapping[str, Behind] = field(default_factory=dict)
    as_of: datetime


class Remembered(Generic[Value]):
    """One value; `make` is never called by two threads at once.

    A value older than `oldest_seconds` is given only to who waited `patience_seconds` for a newer.
    """

    def __init__(
        self,
        make: Callable[[], Value],
        fresh_seconds: float = FRESH_SECONDS,
        oldest_seconds: float = OLDEST_SECONDS,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self._make = make
        self._fresh, self._oldest = fresh_seconds, oldest_seconds
        self._patience = patience_seconds
        self._changing = threading.Lock()
        self._making: Future[Value] | None = None
        self._kept: tuple[float, Value] | None = None

    def get(self) -> Value:
        """The last one, or a newer. Raises what `make` raises to those who wait for it."""
        kept = self._kept
        if kept is None:
            return self._begun(None).result()
        at, value = kept
        age = time.monotonic() - at
        if age < self._fresh:
            return value
        newer = self._begun(kept)
        if age < self._oldest:
            return value
        try:
            return newer.result(timeout=self._patience)
        except TimeoutError:
            return value

    def _begun(self, seen: tuple[float, Value] | None) -> Future[Value]:
        """What a thread counts, or has counted since somebody saw what was kept."""
        with self._changing:
            making = self._making
            if making is not None:
                return making
            making = Future[Value]()
            if self._kept is not None and self._kept is not seen:
                making.set_result(self._kept[1])
            else:
                self._making = making
                threading.Thread(target=self._count, args=(making,), daemon=True).start()
            return making

    def _count(self, making: Future[Value]) -> None:
        at = time.monotonic()
        try:
            value = self._make()
        except Exception as error:
            _log.warning("could not count anew: %s", error)
            with self._changing:
                self._making = None
            making.set_exception(error)
        else:
            with self._changing:
                self._kept, self._making = (at, value), None
            making.set_result(value)


def counting(views: Views, deliveries: Deliveries, clock: Clock) -> Remembered[Counts]:
    """The rows of all packs."""

    def count() -> Counts:
        as_of = clock.now()
        return Counts(cohorts=views.cohorts(), behind=deliveries.behind(), as_of=as_of)

    return Remembered(count)


def counting_moves(views: Views, clock: Clock) -> Remembered[Counts]:
    """The rows of the packs of a fan-out under way; none of these without one."""

    def count() -> Counts:
        as_of, packs = clock.now(), views.moving()
        return Counts(cohorts=views.cohorts(packs) if packs else {}, as_of=as_of)

    return Remembered(count, fresh_seconds=1.0, oldest_seconds=3.0)


def with_counts(base: InstallBase, counts: Counts) -> InstallBase:
    """The same install base, the rows of whose packs are counted already."""
    counted = {name: counts.cohorts.get(name, ()) for name in base.packs}
    return replace(base, attachments=CountedRows(base.attachments, counted))


class CountedRows(Rows):
    """Rows of which it is known how many there are of each kind; else as another has them."""

    def __init__(self, rows: Rows, counted: Mapping[str, tuple[Cohort, ...]]) -> None:
        self._rows, self._counted = rows, counted

    def cohorts(self, packs: Collection[str] | None = None) -> Iterator[Cohort]:
        for name in self._counted if packs is None else packs:
            yield from self._counted.get(name, ())

    def __getitem__(self, key: AttachmentKey) -> Attached:
        return self._rows[key]

    def __iter__(self) -> Iterator[AttachmentKey]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        return self._rows.every(packs)

    def of_packs(self, packs: Collection[str]) -> Iterator[Attached]:
        return self._rows.of_packs(packs)

    def of_accounts(self, accounts: Collection[str]) -> Iterator[Attached]:
        return self._rows.of_accounts(accounts)

    def siblings(self, packs: Collection[str]) -> Iterator[Siblings]:
        return self._rows.siblings(packs)

    def named(
        self, wanted: Iterable[tuple[str, Alike, int | None]]
    ) -> Iterator[list[AttachmentKey]]:
        return self._rows.named(wanted)
