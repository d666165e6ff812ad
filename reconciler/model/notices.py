"""Where somebody wants to be told, what they are told of, and how the telling went."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from reconciler.model.events import EventDraft


class ChannelKind(StrEnum):
    """How a channel is reached."""

    WEBHOOK = "webhook"  # signed, in the Standard Webhooks form
    EMAIL = "email"
    SLACK = "slack"  # an incoming webhook that understands what Slack's does


class Topic(StrEnum):
    """What a notification is about; a channel may choose some of them."""

    TESTING_PERIOD_STARTED = "testing-period-started"
    RESCHEDULED = "rescheduled"
    WINDOW_NEAR = "window-near"
    VALUES_MISSING = "values-missing"  # an account's own
    APPLIED = "applied"
    LATE = "late"  # applied after its window
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    UNINSTALLED = "uninstalled"
    TOKEN_EXPIRING = "token-expiring"  # noqa: S105 - a topic
    DELIVERY_OVERDUE = "delivery-overdue"
    REFUSED = "refused"  # the publisher's: a revision was refused, or due work is contested
    SET_ASIDE = "set-aside"  # the publisher's: attachments can't be moved
    TEST = "test"  # asked for by hand


class Audience(StrEnum):
    """Whose channels hear of a topic."""

    PUBLISHER = "publisher"
    OWNER = "owner"  # the account that the event names; the publisher when it names none
    PACK = "pack"  # the publisher, and accounts that have the pack
    BOTH = "both"  # the publisher, and the account that the event names


class NotificationState(StrEnum):
    """How far a notification is."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"  # it could not be sent; a person may send it again
    MOOT = "moot"  # when it was its turn there was nothing to tell; `error` says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where the publisher (`account` None) or an account wants to be told.

    `topics` None: all. `secret` is what webhooks are signed with, None where it is not asked for.
    `closed_at` (UTC): it was removed, or its receiver said that it is gone.
    """

    id: int
    account: str | None
    kind: ChannelKind
    address: str = field(repr=False)
    topics: tuple[Topic, ...] | None
    created_at: datetime
    created_by: str
    closed_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """A channel before the store gives it a number; see Channel."""

    account: str | None
    kind: ChannelKind
    address: str = field(repr=False)
    topics: tuple[Topic, ...] | None = None
    secret: str | None = field(default=None, repr=False)
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One event for one channel. `at` (UTC) is since when it is in its state.

    `due_at` None unless it is due; `error` is what the last attempt said, or why it is moot.
    """

    number: int
    channel: int
    account: str | None
    kind: ChannelKind
    event: int
    topic: Topic
    pack: str | None
    state: NotificationState
    attempts: int
    due_at: datetime | None
    at: datetime
    error: str | None

    @property
    def message_id(self) -> str:
        return message_id(self.channel, self.event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What an event did to one attachment of the account that is told."""

    instance: str
    before: str | None
    after: str | None
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What one attachment of the account that is told runs; `held` while a hold keeps it."""

    instance: str
    release: str | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What there is to tell to one channel. `account` None: the publisher is told.

    `zone` is the reader's IANA time zone. `moves` and `attachments` are the account's own, of the
    pack that the event names.
    """

    id: str
    topic: Topic
    event: int
    draft: EventDraft
    account: str | None
    zone: str
    moves: tuple[Move, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A notification that one sender has until `until` (UTC), and nobody else.

    `attempts` counts this one. `since` (UTC): when it became due for the first time.
    """

    number: int
    channel: Channel
    notice: Notice
    attempts: int
    since: datetime
    until: datetime


class Answered(StrEnum):
    """What became of an attempt."""

    TAKEN = "taken"
    LATER = "later"  # this message can't be taken now
    BUSY = "busy"  # the receiver can't take any message now
    NEVER = "never"  # this message will not be taken
    GONE = "gone"  # the receiver wants none any more
    UNTRIED = "untried"  # given back without an attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An attempt's end. `wait_seconds`: how long the receiver asks to be left alone, at least."""

    answered: Answered
    error: str | None = None
    wait_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is written of a claim: `due_at` (UTC) None unless it stays due."""

    claim: Claim
    state: NotificationState
    attempts: int
    due_at: datetime | None
    error: str | None
    closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What there is to do: events to look at, and notifications that are due."""

    events: bool
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice in words: the verdict, then what, whom and when, then what to do."""

    title: str
    lines: tuple[str, ...] = ()
    action: str | None = None


PUBLISHER = ""
"""In place of an account: the publisher itself."""


def message_id(channel: int, event: int) -> str:
    """The same for every attempt, so that a receiver can tell a repetition."""
    return f"msg_{channel}_{event}"
