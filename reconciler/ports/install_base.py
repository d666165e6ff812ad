"""An install base in a database: what is read of it, and how it is written."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from reconciler.model.base import Applied, Attached, InstallBase
from reconciler.model.changes import Member, Plan, Rollout
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.events import Event, EventDraft, HistoryLine
from reconciler.model.requests import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of an install base a pass looks at; the store adds what these depend on.

    `judged` are packs of which everything is judged again: their declared attachments come with
    them, and the accounts of these. `packs` are planned, too: read with their releases and the
    components that these name. `components` are read in all versions, and the packs that list them,
    or have a release that names one, are judged. `accounts` are read with all that they declare,
    and with their rows. Packs that are due at `now` are planned, too. The publisher, all groups and
    all templates are in every part.
    """

    now: datetime
    judged: frozenset[str] = frozenset()
    packs: frozenset[str] = frozenset()
    components: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A revision that a pass refused. `reason` is one word of docs/events.md, under refused."""

    revision: str
    reason: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What one transaction makes so: a revision comes into force, packs move, events tell of it.

    From then on the rest (rows of attachments) follows from the store alone, and a pass that was
    killed is finished by the next one. `seen` is the number of the newest event that the plan was
    made with.
    """

    plan: Plan
    actor: str
    events: tuple[EventDraft, ...]
    zone_rules: str
    seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many rows changed their release (installs and uninstalls included)."""

    attachments: int = 0


class Session(Protocol):
    """The right to write: one holder at a time, every transaction checks its fencing token.

    Each method raises LeaseLost when another took the lease over; nothing was written then.
    """

    def record(self, revision: str, plan: Plan, zone_rules: str) -> None:
        """A revision that changes nothing: the one row of the applied revision."""
        ...

    def accept(self, acceptance: Acceptance) -> frozenset[str]:
        """One transaction; afterwards applied() says settled False.

        Returns the accounts that asked for something after the plan was made: what they asked was
        judged by the revision before, so their rows have to be looked at again.
        """
        ...

    def membership(self, members: Iterable[Member], at: datetime, actor: str) -> Moved:
        """Removes, adds and sets rows in bounded transactions; repeatable.

        Writes a history line for each row removed, and for each new row that has a release.
        """
        ...

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
        """Moves the rows of packs to what each serves, in batches, fair between them; repeatable.

        A row's target is the pending release if it adopted that (SPEC section 5), else current.
        While `gated`: a row with hold_until > today is not upgraded, a suspended account's rows
        and those of a suspended pack are neither installed, adopted nor upgraded; downward moves
        are never gated. `progress` gets the pack and the rows moved by each batch, by whomever.
        Raises RowsSetAside when all were moved but some accounts', which the database refuses.
        """
        ...

    def settle(self, next_due: datetime | None, at: datetime) -> None:
        """All rows are as they should be: applied() says settled True again."""
        ...

    def refuse(self, refusal: Refusal, events: tuple[EventDraft, ...]) -> bool:
        """Records a refusal, once per revision and reason; False when it was there already."""
        ...


class Store(Protocol):
    """An install base in a database."""

    @property
    def store_id(self) -> str: ...

    @property
    def rehearsal(self) -> bool:
        """Created with --now: such a store takes the time from the caller."""
        ...

    def applied(self) -> Applied | None:
        """The revision in force, read without touching the install base; None for a cold store."""
        ...

    def base(self) -> InstallBase:
        """Everything in one consistent read, but the attachments: they are read when asked for."""
        ...

    def part(self, part: Part) -> InstallBase | None:
        """So much of it, in one consistent read; None when it is too much to be a part.

        `attachments` as a mapping are then the rows of the accounts of the part, of its packs.
        """
        ...

    def declared(
        self, names: Collection[tuple[Kind, str]] = (), kinds: Collection[Kind] = ()
    ) -> tuple[Declaration, ...]:
        """Declarations of the applied revision: these, and all of these kinds."""
        ...

    def mentioned(self, kind: Kind, words: str) -> Iterator[Declaration]:
        """Declarations of the applied revision that have `words` in their body."""
        ...

    def contents(self) -> Iterator[tuple[str, str]]:
        """The content paths of the applied revision's packaged versions, and what lay there.

        The second is the git object id.
        """
        ...

    def publisher_zone(self) -> str | None:
        """The applied publisher's IANA zone, read by one row; None for a cold store."""
        ...

    def last_refusal(self) -> Refusal | None:
        """The newest refusal since the applied revision came into force."""
        ...

    def attached(
        self, *, account: str | None = None, pack: str | None = None
    ) -> Iterator[Attached]:
        """Rows in order of account, pack, instance; streams, so that a million cost no memory."""
        ...

    def counts(self) -> Mapping[str, Mapping[str | None, int]]:
        """pack -> release (None: not installed yet) -> rows; by one grouped query."""
        ...

    def adopted(self) -> Mapping[str, int]:
        """pack -> rows that run its pending release; packs with a pending release only."""
        ...

    def history(
        self, *, account: str | None = None, pack: str | None = None, limit: int | None = None
    ) -> Iterator[HistoryLine]:
        """Oldest first; with `limit` the newest that many."""
        ...

    def events(
        self,
        *,
        pack: str | None = None,
        account: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """Oldest first; with `limit` the newest that many."""
        ...

    def request(
        self, account: str, pack: str | None, decide: Callable[[InstallBase], Decision]
    ) -> Decision:
        """What an account does for itself, in one short transaction without a lease.

        `decide` gets an InstallBase that holds the publisher, the groups that may have the account,
        all templates, this account, this pack with its releases, the account's rows of it and its
        template copies; it raises RequestRefused, and then nothing is written.
        """
        ...

    def session(self, wait_seconds: float) -> AbstractContextManager[Session]:
        """Takes the lease for a pass. Raises LeaseHeld after waiting."""
        ...
