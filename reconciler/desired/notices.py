"""An event -> what it is told as and to whom; a claim and how its attempt ended -> what comes next.

The log of events is the outbox: nothing else is written for a notification when something happens.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.events import EventDraft, EventKind
from reconciler.model.notices import (
    Answer,
    Answered,
    Audience,
    Claim,
    Notice,
    NotificationState,
    Settled,
    Topic,
)

_TOPICS: Mapping[EventKind, Topic] = {
    EventKind.SCHEDULE: Topic.TESTING_PERIOD_STARTED,
    EventKind.RESCHEDULE: Topic.RESCHEDULED,
    EventKind.WINDOW_MOVED: Topic.RESCHEDULED,
    EventKind.WINDOW_NEAR: Topic.WINDOW_NEAR,
    EventKind.VALUES_MISSING: Topic.VALUES_MISSING,
    EventKind.RELEASE: Topic.APPLIED,
    EventKind.PROMOTE: Topic.APPLIED,
    EventKind.ROLLBACK: Topic.APPLIED,
    EventKind.INSTALL: Topic.APPLIED,
    EventKind.UPGRADE: Topic.APPLIED,
    EventKind.ADOPT: Topic.APPLIED,
    EventKind.REVERT: Topic.APPLIED,
    EventKind.UNINSTALL: Topic.UNINSTALLED,
    EventKind.WITHDRAW: Topic.WITHDRAWN,
    EventKind.SUPERSEDE: Topic.SUPERSEDED,
    EventKind.TOKEN_EXPIRING: Topic.TOKEN_EXPIRING,
    EventKind.DELIVERY_OVERDUE: Topic.DELIVERY_OVERDUE,
    EventKind.REFUSED: Topic.REFUSED,
    EventKind.CONTESTED: Topic.REFUSED,
    EventKind.SET_ASIDE: Topic.SET_ASIDE,
}
_AUDIENCES: Mapping[Topic, Audience] = {
    Topic.VALUES_MISSING: Audience.OWNER,
    Topic.TOKEN_EXPIRING: Audience.OWNER,
    Topic.DELIVERY_OVERDUE: Audience.BOTH,
    Topic.REFUSED: Audience.PUBLISHER,
    Topic.SET_ASIDE: Audience.PUBLISHER,
}
MOVING = frozenset({Topic.APPLIED, Topic.LATE, Topic.UNINSTALLED})
_PENDING = frozenset({Topic.WINDOW_NEAR, Topic.VALUES_MISSING, Topic.TESTING_PERIOD_STARTED})

FIRST_RETRY_SECONDS = 5.0
_FACTOR = 4.0
LONGEST_RETRY_SECONDS = 6 * 3600.0
LASTING = timedelta(hours=25)
"""How long a notification is tried: some eleven times."""
_LONGEST_WAIT = timedelta(hours=24)
_SPREAD = 0.2
_SOONEST_LOOK = timedelta(seconds=1)
_LATEST_LOOK = timedelta(hours=1)


def topic_of(draft: EventDraft) -> Topic | None:
    """What an event is told as; None for one that nobody is told of."""
    topic = _TOPICS.get(draft.kind)
    return Topic.LATE if topic is Topic.APPLIED and draft.details.get("late") else topic


def audience(topic: Topic) -> Audience:
    """Whose channels hear of it."""
    return _AUDIENCES.get(topic, Audience.PACK)


def named_accounts(draft: EventDraft) -> tuple[str, ...] | None:
    """The accounts of an event that names all attachments it moved; None where they are too many.

    So an event about three attachments costs what three cost, whoever else has the pack.
    """
    members, moved = draft.details.get("members"), draft.details.get("attachments")
    if topic_of(draft) not in MOVING or not members or len(members) != moved:
        return None
    return tuple(dict.fromkeys(str(member).split("/")[0] for member in members))


def tells_the_same(draft: EventDraft, other: EventDraft) -> bool:
    """Whether two events of one pack tell accounts of the same moves: those of one pass."""
    topics = {topic_of(draft), topic_of(other)}
    if not topics <= MOVING or draft.at != other.at:
        return False
    return (Topic.UNINSTALLED in topics) == (topics == {Topic.UNINSTALLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far what an event tells is carried out, as its reader is concerned.

    `going_on`: the pass that the event belongs to moves rows. `set_aside`: attachments can't be
    moved, for an account its own of the pack, for the publisher any. `pending` and `opens_at`: what
    is in its testing period now, and its window as it was resolved.
    """

    going_on: bool = False
    set_aside: bool = False
    pending: str | None = None
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Whether a notice may be sent: `again_at` (UTC) if later, `moot` if never, or now."""

    again_at: datetime | None = None
    moot: str | None = None


_NOW = Ready()


def readiness(notice: Notice, progress: Progress, since: datetime, now: datetime) -> Ready:
    """Events are written when a plan is accepted, before rows move: accounts hear when it is so."""
    if notice.topic in MOVING:
        return _moved(notice, progress, since, now)
    if notice.topic in _PENDING:
        return _still_pending(notice, progress, now)
    return _NOW


def _moved(notice: Notice, progress: Progress, since: datetime, now: datetime) -> Ready:
    if notice.account is None:
        return _later(since, now) if progress.going_on and not progress.set_aside else _NOW
    if notice.moves:
        return _NOW
    if progress.going_on or progress.set_aside:
        return _later(since, now)
    return Ready(moot="no attachment of the account was moved")


def _later(since: datetime, now: datetime) -> Ready:
    """Looked at again soon at first, then seldom."""
    return Ready(again_at=now + min(max((now - since) / 2, _SOONEST_LOOK), _LATEST_LOOK))


def _still_pending(notice: Notice, progress: Progress, now: datetime) -> Ready:
    details = notice.draft.details
    version, opens_at = details.get("after"), details.get("window", {}).get("opens_at")
    if progress.pending != version:
        return Ready(moot=f"{version} is not pending any more")
    if opens_at is not None and datetime.fromisoformat(opens_at) <= now:
        return Ready(moot="the window has opened")
    resolved_at = details.get("resolved_at")
    if resolved_at is not None and progress.opens_at != datetime.fromisoformat(resolved_at):
        return Ready(moot="the window was moved")
    runs_it = notice.attachments and all(one.release == version for one in notice.attachments)
    if notice.topic is Topic.WINDOW_NEAR and runs_it:
        return Ready(moot=f"the account runs {version} already")
    return _NOW


def settled(claim: Claim, answer: Answer, now: datetime) -> Settled:
    """What is written of an attempt: tried again ever more seldom, and dead after about a day."""
    match answer.answered:
        case Answered.TAKEN:
            return _end(claim, NotificationState.SENT, None)
        case Answered.GONE:
            return _end(claim, NotificationState.DEAD, answer.error, closes=True)
        case Answered.NEVER:
            return _end(claim, NotificationState.DEAD, answer.error)
        case Answered.UNTRIED:
            attempts, due_at = claim.attempts - 1, now + timedelta(seconds=answer.wait_seconds)
        case _:
            attempts, due_at = claim.attempts, now + _pause(claim, answer.wait_seconds)
    if due_at > claim.since + LASTING:
        return _end(claim, NotificationState.DEAD, answer.error)
    return Settled(
        claim=claim,
        state=NotificationState.DUE,
        attempts=attempts,
        due_at=due_at,
        error=answer.error,
    )


def _end(
    claim: Claim, state: NotificationState, error: str | None, *, closes: bool = False
) -> Settled:
    return Settled(
        claim=claim, state=state, attempts=claim.attempts, due_at=None, error=error, closes=closes
    )


def _pause(claim: Claim, asked_seconds: float) -> timedelta:
    seconds = retry_seconds(claim.attempts, claim.notice.id)
    return min(timedelta(seconds=max(seconds, asked_seconds)), _LONGEST_WAIT)


def retry_seconds(attempts: int, key: str) -> float:
    """The pause after so many attempts: 5 s, 20 s, 80 s, … six hours, each up to a fifth longer.

    How much longer follows from the message and the attempt, so that the messages for a receiver
    that comes back do not arrive at one instant.
    """
    steady = min(FIRST_RETRY_SECONDS * _FACTOR ** (attempts - 1), LONGEST_RETRY_SECONDS)
    share = zlib.crc32(f"{key} {attempts}".encode()) / 2**32
    return float(steady * (1 + _SPREAD * share))
