"""Freezes -> whether nothing may start at an instant, why, and until when (SPEC section 5)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.desired.phrases import counted
from reconciler.model.declarations import Freeze
from reconciler.model.windows import Window, day_start
from reconciler.model.zones import zone

_DURATION = re.compile(r"([1-9][0-9]{0,4})([hd])")
_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec sun mon tue wed thu fri sat".replace(
    " ", "|"
)
_VALUE = rf"(?:[0-9]+|{_NAMES})"
_PART = rf"(?:\*|{_VALUE}(?:-{_VALUE})?)(?:/[0-9]+)?"
_FIELD = re.compile(rf"{_PART}(?:,{_PART})*", re.IGNORECASE)
# Freezes may follow one another without a gap; a chain longer than this counts as endless.
_CHAIN = 400
_LOOK_BACK = 250  # every minute of the three hours that clocks may be set back, and some


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The freeze that holds at an instant; `until` None means no end can be told."""

    name: str
    until: datetime | None


def cron_fault(expression: str) -> str | None:
    """Why `expression` is no usable five-field cron expression, or None (rule freeze)."""
    fields = expression.split()
    if len(fields) != 5:
        return f"it has {counted(len(fields), 'field')}, not 5"
    for field in fields:
        if not _FIELD.fullmatch(field):
            return f"{field!r} is not a cron field"
    # Few publishers have a freeze with cron; importing it takes long, and starts a process.
    from croniter import CroniterError, croniter

    try:
        croniter(expression, datetime(2024, 1, 1)).get_next(datetime)
    except (CroniterError, ValueError, OverflowError):
        return "it never fires" if croniter.is_valid(expression) else "a number is out of range"
    return None


def duration_fault(text: str) -> str | None:
    """Why `text` is no freeze duration, or None (rule freeze)."""
    if _DURATION.fullmatch(text):
        return None
    return f"{text!r} is not a duration: write hours as 36h or local days as 2d"


def frozen(freezes: Sequence[Freeze], now: datetime, publisher_zone: ZoneInfo) -> Frozen | None:
    """The freeze in force at `now` (UTC), with the end of the chain of freezes that meet."""
    first = _covering(freezes, now, publisher_zone)
    if first is None:
        return None
    name, until = first
    for _ in range(_CHAIN):
        following = _covering(freezes, until, publisher_zone)
        if following is None:
            return Frozen(name=name, until=until)
        until = following[1]
    return Frozen(name=name, until=None)


def covers(freezes: Sequence[Freeze], window: Window, publisher_zone: ZoneInfo) -> Frozen | None:
    """The freeze that leaves no instant of the window free, or None (rule release-in-freeze)."""
    held = frozen(freezes, window.opens_at, publisher_zone)
    if held is None or (held.until is not None and held.until < window.closes_at):
        return None
    return held


def _covering(
    freezes: Sequence[Freeze], now: datetime, publisher_zone: ZoneInfo
) -> tuple[str, datetime] | None:
    """The freeze that holds at `now` and ends last."""
    ends = [
        (until, freeze.name)
        for freeze in freezes
        for since, until in _spans(freeze, now, publisher_zone)
        if since <= now < until
    ]
    return max(((name, until) for until, name in ends), key=lambda found: found[1], default=None)


def _spans(
    freeze: Freeze, now: datetime, publisher_zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The spans of one freeze that may hold `now`."""
    where = _where(freeze, publisher_zone)
    if freeze.from_on is not None and freeze.until_on is not None:
        yield day_start(freeze.from_on, where), day_start(freeze.until_on, where)
    elif freeze.cron is not None and freeze.duration is not None:
        yield from _cron_spans(freeze.cron, freeze.duration, now, where)


def spans(
    freeze: Freeze, since: datetime, until: datetime, publisher_zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The spans (UTC) of one freeze that touch the time from `since` to `until`, both included."""
    if freeze.cron is None or freeze.duration is None:
        for start, end in _spans(freeze, since, publisher_zone):
            if start <= until and end > since:
                yield start, end
        return
    for start, end in sorted(_spans(freeze, since, publisher_zone)):
        if start <= since < end:
            yield start, end
    yield from _coming(freeze.cron, freeze.duration, since, until, _where(freeze, publisher_zone))


def _coming(
    expression: str, duration: str, since: datetime, until: datetime, where: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The spans that begin after `since`, up to `until`."""
    from croniter import CroniterError, croniter  # as in cron_fault

    # The hours that clocks may be set back are looked at twice.
    local = since.astimezone(where).replace(tzinfo=None, fold=0) - timedelta(hours=3)
    firings = croniter(expression, local)
    while True:
        try:
            fired: datetime = firings.get_next(datetime)
        except (CroniterError, ValueError, OverflowError):
            return
        start = placed(fired, where)
        if start > until:
            return
        if start > since:
            yield start, _after(fired, start, duration, where)


def _where(freeze: Freeze, publisher_zone: ZoneInfo) -> ZoneInfo:
    return zone(freeze.time_zone) if freeze.time_zone else publisher_zone


def _cron_spans(
    expression: str, duration: str, now: datetime, where: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Fires on the wall clock: cron runs on naive local time, each firing is placed in the zone.

    Only the latest firing can hold `now` longest, save for days of other lengths; two more are
    looked at so that a changed offset can't hide one.
    """
    from croniter import CroniterError, croniter  # as above

    local = now.astimezone(where).replace(tzinfo=None, fold=0)
    firings = croniter(expression, local + timedelta(hours=3))
    for _ in range(_LOOK_BACK):
        try:
            fired: datetime = firings.get_prev(datetime)
        except (CroniterError, ValueError, OverflowError):
            return
        since = placed(fired, where)
        if since > now:
            continue
        until = _after(fired, since, duration, where)
        yield since, until
        if until <= now or local - fired > timedelta(days=2):
            return


def placed(local: datetime, where: ZoneInfo) -> datetime:
    """The instant (UTC) of a naive wall-clock time; the first of two, or the end of the gap."""
    instant = local.replace(tzinfo=where, fold=0).astimezone(UTC)
    if instant.astimezone(where).replace(tzinfo=None) == local:
        return instant
    # In a gap, fold=1 reads the time with the offset after it, fold=0 with the one before.
    earlier = local.replace(tzinfo=where, fold=1).astimezone(UTC)
    low, high = min(earlier, instant), max(earlier, instant)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(where).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return high


def _after(fired: datetime, since: datetime, duration: str, where: ZoneInfo) -> datetime:
    match = _DURATION.fullmatch(duration)
    if match is None:
        return since
    amount = int(match.group(1))
    if match.group(2) == "h":
        return since + timedelta(hours=amount)
    return placed(fired + timedelta(days=amount), where)
