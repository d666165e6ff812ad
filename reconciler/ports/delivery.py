"""What a store keeps of deliveries to accounts' runtimes, and where the content of packs is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from reconciler.model.delivery import Agent, ContentManifest, Report, Said, Served


class Stamp(NamedTuple):
    """Differs when the rows of an account do: how many there are, and when the last one changed."""

    rows: int
    changed_at: str | None


class Mark(NamedTuple):
    """Differs when rows of any account may have changed; unless `settled` they do any time."""

    event: int
    passed_at: str | None
    settled: bool


class Behind(NamedTuple):
    """How many attachments of a pack are behind what they should run, as last looked at."""

    attachments: int
    overdue: int


class Deliveries(Protocol):
    """Each question costs what the account has, never what the install base has."""

    def served(self, account: str) -> Served | None:
        """What the account should run, and what was said of it; None for an unknown account."""
        ...

    def asked(self, account: str, agent: str, now: datetime) -> Served | None:
        """The same for a runtime that names itself; from then on the account has an agent.

        Raises RequestRefused when the account has another agent.
        """
        ...

    def report(
        self, account: str, agent: str, sequence: int, said: Sequence[Said], now: datetime
    ) -> Served | None:
        """What the runtime runs, all of it; the answer is what is known afterwards.

        The newest report said again changes nothing. None for an unknown account. Raises
        StaleReport for one that is older, and RequestRefused when the account has another agent,
        or none.
        """
        ...

    def retire(self, account: str, actor: str, now: datetime) -> Agent | None:
        """The account has no agent any more; None when it had none."""
        ...

    def mark(self) -> Mark:
        """Read by two rows."""
        ...

    def stamps(self, accounts: Collection[str]) -> Mapping[str, Stamp]:
        """Of those accounts that the store knows."""
        ...

    def tell_overdue(self, now: datetime, timeout: timedelta) -> int:
        """Tells each difference that lasts longer than `timeout` in an event, once, whoever calls.

        Returns how many were told. What agents that are silent for so long do not run is found
        here, too. Bounded: call again while it returns something.
        """
        ...

    def behind(self) -> Mapping[str, Behind]:
        """By pack; packs without any left out."""
        ...

    def agents(self, accounts: Collection[str] | None = None) -> Mapping[str, Agent]:
        """By account; of these, or of all."""
        ...

    def reports(self, accounts: Collection[str]) -> Iterator[Report]:
        """What was said of the attachments of these accounts."""
        ...


class Contents(Protocol):
    """What packaged components hold, as files that can be read as often as is asked."""

    def manifest(self, content: str) -> ContentManifest:
        """The files of a content, by its git object id.

        Raises SourceError when it can't be read, or holds what is not delivered: a symbolic link, a
        submodule, a pointer to a file outside of git.
        """
        ...

    def file(self, content: str, sha256: str) -> Path | None:
        """Where one of its files lies now; None when the content has no such file.

        Raises SourceError.
        """
        ...
