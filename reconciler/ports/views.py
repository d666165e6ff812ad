"""Cheap questions about an install base of any size: pages, and the world of one account.

Nothing here reads all declarations, or all attachments into memory. A page begins behind the last
thing of the page before, so that it costs the same wherever it begins. Every `limit` is the most
that is answered; to know whether there is more, ask for one more than is shown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model.base import Attached, AttachmentKey, Cohort, InstallBase
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.events import Event, EventKind, HistoryLine


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which events; None: whichever. `since` is aware, inclusive.

    `packs_of` is an account: events about it, and what became of the releases of packs that it has
    installed. These tell of others (numbers, members): they are not shown as they are.
    """

    pack: str | None = None
    account: str | None = None
    kind: EventKind | None = None
    since: datetime | None = None
    packs_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedLine:
    """A line of the history and its number, by which it is paged."""

    number: int
    line: HistoryLine


class Views(Protocol):
    """Reads an install base for many who ask at the same time. Every method raises StoreError."""

    def of_account(self, account: str, packs: Collection[str] = ()) -> InstallBase | None:
        """One account's world, in one consistent read; None for one that is not declared.

        The publisher, the account, its groups (with no other account in them, and of their
        resources only `packs`), the templates that are shared with them, those of `packs` that are
        declared, with their releases and what the current and the pending one are made of, the
        account's rows and manifests of these packs, and its copies of templates.
        """
        ...

    def packs_of(self, account: str, *, after: str = "", limit: int) -> tuple[str, ...]:
        """Names of packs that the account has or is entitled to, in order, those after `after`."""
        ...

    def of_packs(self, packs: Collection[str]) -> InstallBase:
        """The publisher and these packs, as far as declared, with their releases and components.

        The components come in all versions. `attachments` are all rows, read when they are asked
        for; groups and accounts are not there.
        """
        ...

    def accounts(self, names: Collection[str]) -> InstallBase:
        """The publisher and these accounts, as far as declared: no packs, no rows."""
        ...

    def declared_after(self, kind: Kind, after: str, limit: int) -> tuple[Declaration, ...]:
        """Declarations of a kind in order of name, those after `after` ("" begins)."""
        ...

    def attachments(
        self,
        *,
        account: str | None = None,
        pack: str | None = None,
        after: AttachmentKey | None = None,
        limit: int,
    ) -> tuple[Attached, ...]:
        """Rows, those after `after`.

        Of one account in order of pack and instance; otherwise by pack and account in the order in
        which the store got to know them, so that no page has to be sorted. Raises LookupError when
        `after` names an account or a pack that the store does not know any more.
        """
        ...

    def events(
        self, wanted: EventsWanted, *, before: int | None = None, limit: int
    ) -> tuple[Event, ...]:
        """The newest first, those with a number below `before`."""
        ...

    def events_after(
        self, wanted: EventsWanted, *, after: int = 0, limit: int
    ) -> tuple[Event, ...]:
        """The oldest first, those with a number above `after`."""
        ...

    def history(
        self,
        *,
        account: str | None = None,
        pack: str | None = None,
        instance: str | None = None,
        before: int | None = None,
        limit: int,
    ) -> tuple[NumberedLine, ...]:
        """The newest first, those with a number below `before`."""
        ...

    def cohorts(self, packs: Collection[str] | None = None) -> Mapping[str, tuple[Cohort, ...]]:
        """The rows of these packs (None: of all) by what decides about them.

        Looks at every row of them, in one grouped query: ask seldom, and keep the answer.
        """
        ...

    def running(self, packs: Collection[str]) -> Mapping[str, Mapping[str | None, int]]:
        """pack -> release (None: not installed yet) -> rows.

        Looks at every row of them, but at nothing else of a row: several times as quick as
        cohorts().
        """
        ...

    def adoptions(self, pack: str, version: str, since: datetime) -> Mapping[datetime, int]:
        """The begun hour (UTC) -> attachments that adopted the release in it; empty hours left out.

        From the events since `since`; those that gave it up again are not taken off.
        """
        ...

    def coming(self, until: datetime, *, account: str | None = None, limit: int) -> tuple[str, ...]:
        """Names of packs of which something may happen before `until` without a new commit.

        Those that are due first come first; with `account` only packs that it has installed.
        """
        ...

    def moving(self) -> tuple[str, ...]:
        """The packs of which a fan-out under way may still have rows to move; none when settled."""
        ...
