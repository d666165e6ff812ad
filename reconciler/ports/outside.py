"""The clock, and whom long work is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from reconciler.errors import ReconcilerError


class Clock(Protocol):
    """Tells the time; only the composition root makes one."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""
        ...


class Bar(Protocol):
    """One piece of long work, and how far it is."""

    def advance(self, number: int) -> None: ...

    def end(self) -> None: ...


class Progress(Protocol):
    """Told of long work, several pieces at once; a terminal draws bars of it, a log has lines."""

    def begin(self, label: str, total: int, unit: str) -> Bar: ...


class WorkLog(Protocol):
    """Told what a worker does."""

    def begins(self) -> None:
        """There is a fan-out to help with."""
        ...

    def helped(self, moved: Sequence[tuple[str, str, int]]) -> None:
        """It is over, or nothing is left of it: pack, its current release, rows moved here."""
        ...

    def trouble(self, error: ReconcilerError) -> None:
        """The store can't be used; it is tried again. The same trouble is told once."""
        ...

    def recovered(self) -> None:
        """The store can be used again."""
        ...
