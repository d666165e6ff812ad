"""A civil date in a zone -> where its day starts, and its release window (SPEC section 6)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

WINDOW = timedelta(hours=1)
_DAY = timedelta(days=1)
_LAST = date(9999, 12, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Half-open: opens_at belongs to it, closes_at, 3,600 elapsed seconds later, does not. UTC."""

    opens_at: datetime
    closes_at: datetime


@lru_cache(maxsize=65536)
def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) whose local date is `day`, or later where the zone skips that date.

    A gap at midnight gives the first instant after the gap, a midnight that occurs twice the first.
    """
    midnight = datetime.combine(day, time(), zone)
    start = midnight.astimezone(UTC)
    if start.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return start
    return _end_of_gap(day, zone, start)


def _end_of_gap(day: date, zone: ZoneInfo, near: datetime) -> datetime:
    before, after = near - 2 * _DAY, near + 2 * _DAY
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).date() < day:
            before = middle
        else:
            after = middle
    return after


def window(day: date, zone: ZoneInfo) -> Window | None:
    """The release window of a date; None when the zone has no such date (Apia, 2011-12-30)."""
    if not date(1, 1, 4) < day < _LAST:
        return None
    opens_at = day_start(day, zone)
    if opens_at.astimezone(zone).date() != day:
        return None
    return Window(opens_at=opens_at, closes_at=opens_at + WINDOW)


def window_details(window: Window, zone: ZoneInfo) -> dict[str, str]:
    """What events keep of a window: its two instants, in UTC and on a zone's clock."""
    return {
        "opens_at": window.opens_at.isoformat(),
        "closes_at": window.closes_at.isoformat(),
        "opens_local": window.opens_at.astimezone(zone).isoformat(),
        "closes_local": window.closes_at.astimezone(zone).isoformat(),
        "time_zone": zone.key,
    }


def today(now: datetime, zone: ZoneInfo) -> date:
    """The latest date whose day has started at `now`.

    It is the local date, except in the hour that a zone repeats after setting its clock back over
    midnight: a day that has started stays started.
    """
    day = now.astimezone(zone).date()
    return day + _DAY if day_start(day + _DAY, zone) <= now else day


def next_window(now: datetime, zone: ZoneInfo) -> Window:
    """The window that `now` lies in, else the one that opens next."""
    day = today(now, zone)
    while True:
        found = window(day, zone)
        if found is not None and now < found.closes_at:
            return found
        day += _DAY


def parse_date(text: str) -> date | None:
    """The civil date written YYYY-MM-DD, or None when no calendar has it (rule release-date)."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.isoformat() == text else None
