"""A release that should start now -> what holds it back, and until when (SPEC section 5, gates)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from reconciler.desired.freezes import frozen
from reconciler.desired.lifecycle import release_window
from reconciler.model.base import ReleaseRecord
from reconciler.model.changes import Gate
from reconciler.model.declarations import MissedWindow, Publisher, Release, Suspension
from reconciler.model.windows import WINDOW, Window, day_start, next_window, today

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Why something waits; `until` (UTC) None when no instant ends it."""

    gate: Gate
    reason: str
    until: datetime | None

    @property
    def words(self) -> str:
        """What is said of a release: 'is held by freeze "x"', or 'waits: its window was missed'."""
        return f"is held by {self.reason}" if self.gate is Gate.FREEZE else f"waits: {self.reason}"


CONTESTED = Held(
    gate=Gate.CONTESTED,
    reason="a revision that a limit refused would change it; mend or revert that revision",
    until=None,
)


def opening(release: Release, publisher: Publisher, zone: ZoneInfo) -> Window | None:
    """The window in which a scheduled release starts, moved to the end of a freeze over its start.

    None for an immediate release. A freeze that covers the whole window gives the hour after it.
    """
    found = release_window(release, zone)
    if found is None or release.emergency:
        return found
    held = frozen(publisher.freezes, found.opens_at, zone)
    if held is None:
        return found
    if held.until is None:
        return Window(opens_at=_NEVER, closes_at=_NEVER)
    if held.until < found.closes_at:
        return Window(opens_at=held.until, closes_at=found.closes_at)
    return Window(opens_at=held.until, closes_at=held.until + WINDOW)


def is_late(release: Release, publisher: Publisher, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a scheduled release's window is over."""
    found = opening(release, publisher, zone)
    return found is not None and now >= found.closes_at


def release_gate(
    release: Release,
    record: ReleaseRecord | None,
    publisher: Publisher,
    zone: ZoneInfo,
    now: datetime,
) -> Held | None:
    """What keeps an effective release from starting; `record` None when it was never accepted."""
    if not release.emergency:
        held = frozen(publisher.freezes, now, zone)
        if held is not None:
            return Held(gate=Gate.FREEZE, reason=f'freeze "{held.name}"', until=held.until)
    if record is None or not is_late(release, publisher, zone, now):
        return None
    return _missed(publisher.missed_window, zone, now)


def _missed(policy: MissedWindow, zone: ZoneInfo, now: datetime) -> Held | None:
    if policy is MissedWindow.ASAP:
        return None
    if policy is MissedWindow.HOLD:
        reason = "its window was missed; give it another date or make it immediate"
        return Held(gate=Gate.MISSED_WINDOW, reason=reason, until=None)
    following = next_window(now, zone)
    if following.opens_at <= now:
        return None
    reason = "its window was missed; it takes the next one"
    return Held(gate=Gate.MISSED_WINDOW, reason=reason, until=following.opens_at)


def is_suspended(suspension: Suspension | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a pack's suspension is in force; it ends when the window of its date would open."""
    if suspension is None:
        return False
    return suspension.until_on is None or suspension.until_on > today(now, zone)


def suspension_end(suspension: Suspension | None, zone: ZoneInfo) -> datetime | None:
    """When the suspension ends by itself, None for never."""
    if suspension is None or suspension.until_on is None:
        return None
    return day_start(suspension.until_on, zone)
