"""Channels and their notifications: what those who tell ask of the store."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from reconciler.errors import ReconcilerError
from reconciler.model.notices import (
    Answer,
    Channel,
    ChannelDraft,
    Claim,
    Notification,
    NotificationState,
    Settled,
    Waiting,
)


class Outbox(Protocol):
    """The log of events, as what there is to tell.

    Wherever it says `account`: that account's alone, of others not even whether they exist;
    model.notices.PUBLISHER for the publisher's own, None for all.
    """

    def knows(self, account: str) -> bool:
        """Whether there is such an account, that could be told."""
        ...

    def add_channel(self, draft: ChannelDraft) -> Channel:
        """Made with its secret, which is shown this once; it hears of what happens from now on.

        Raises RequestRefused for an account that is not there, or one that has enough.
        """
        ...

    def channels(self, account: str | None = None, *, closed: bool = False) -> list[Channel]:
        """Without their secrets, oldest first; closed ones only if asked."""
        ...

    def channel(self, number: int, account: str | None = None) -> Channel | None:
        """One with its secret; None where there is none, or it is closed."""
        ...

    def remove_channel(self, number: int, account: str | None, at: datetime, actor: str) -> bool:
        """It hears nothing more; what was due is moot. False where there was none."""
        ...

    def notifications(
        self,
        account: str | None = None,
        *,
        state: NotificationState | None = None,
        channel: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Notification]:
        """Newest first, below the number `before`."""
        ...

    def resend(self, number: int, account: str | None, now: datetime) -> bool:
        """A dead one is due again, under the same id. False where there is no dead one.

        Raises RequestRefused when its channel is closed.
        """
        ...

    def waiting(self, now: datetime) -> Waiting:
        """Whether there is something to do; reads alone."""
        ...

    def expand(self, now: datetime) -> None:
        """Some of the next events get their notifications, in one bounded transaction."""
        ...

    def claim(
        self, now: datetime, until: datetime, limit: int, busy: Collection[int]
    ) -> list[Claim]:
        """Due ones are this sender's until `until`, but those of `busy` channels.

        What is not yet so is put off, what is not to be told any more becomes moot.
        """
        ...

    def settle(self, outcomes: Sequence[Settled], now: datetime) -> None:
        """Writes how attempts ended, of claims that are still held."""
        ...

    def remind(self, now: datetime, leads: Sequence[timedelta]) -> None:
        """Events for windows that are so near, for values that are missing, tokens that expire.

        Each once, however many do this; nothing while nobody has a channel.
        """
        ...

    def forget(self, now: datetime) -> None:
        """Drops what was sent, or became moot, more than thirty days ago."""
        ...


class PostLog(Protocol):
    """Told what becomes of notifications."""

    def answered(self, claim: Claim, answer: Answer, end: Settled) -> None:
        """An attempt ended."""
        ...

    def trouble(self, error: ReconcilerError) -> None:
        """The store can't be used; it is tried again. The same trouble is told once."""
        ...

    def recovered(self) -> None:
        """The store can be used again."""
        ...
