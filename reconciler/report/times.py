"""Instants -> the times that people read, in a zone's local time with the name of the place."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.windows import Window

_DAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_UTC = ZoneInfo("UTC")


def iso(instant: datetime) -> str:
    """RFC 3339 in UTC: "2026-12-01T05:00:00Z"."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_or_none(instant: datetime | None) -> str | None:
    """The same, None for None."""
    return None if instant is None else iso(instant)


def local_iso(instant: datetime, zone: ZoneInfo) -> str:
    """The same instant on a zone's clock: "2026-12-01T00:00:00-05:00"."""
    return instant.astimezone(zone).isoformat()


def window_fields(window: Window, zone: ZoneInfo) -> dict[str, str]:
    """The two instants of a window, in UTC and on the publisher's clock."""
    return {
        "opens_at": iso(window.opens_at),
        "closes_at": iso(window.closes_at),
        "opens_local": local_iso(window.opens_at, zone),
        "closes_local": local_iso(window.closes_at, zone),
    }


def place(zone: ZoneInfo) -> str:
    """ "New York" for America/New_York."""
    return zone.key.rsplit("/", maxsplit=1)[-1].replace("_", " ")


def clock(instant: datetime, zone: ZoneInfo) -> str:
    """The wall clock: "00:00", with seconds where they are not zero."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def day(instant: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """ "Tue 1 Dec", with the year where it is not the year of `now`; without `now` always."""
    local = instant.astimezone(zone)
    text = f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"
    if now is not None and now.astimezone(zone).year == local.year:
        return text
    return f"{text} {local.year}"


def moment(instant: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """ "Tue 1 Dec 00:00 New York"; the year as in day()."""
    return f"{day(instant, zone, now)} {clock(instant, zone)} {place(zone)}"


def span(window: Window, zone: ZoneInfo, now: datetime | None = None) -> str:
    """ "Tue 1 Dec 00:00–01:00 New York"."""
    opens, closes = clock(window.opens_at, zone), clock(window.closes_at, zone)
    return f"{day(window.opens_at, zone, now)} {opens}–{closes} {place(zone)}"


def elsewhere(window: Window, there: ZoneInfo, here: ZoneInfo) -> str:
    """The window as another zone's clock shows it: "06:00–07:00", with the day where it differs."""
    opens, closes = clock(window.opens_at, there), clock(window.closes_at, there)
    same = window.opens_at.astimezone(there).date() == window.opens_at.astimezone(here).date()
    return (
        f"{opens}–{closes}"
        if same
        else f"{day(window.opens_at, there, window.opens_at)} {opens}–{closes}"
    )


def local_range(at: datetime, zones: Iterable[ZoneInfo], now: datetime) -> str:
    """ "Mon 30 Nov 21:00 to Tue 1 Dec 18:00": the earliest and the latest of the wall clocks."""
    ordered = sorted(zones, key=lambda where: at.astimezone(where).replace(tzinfo=None))
    if not ordered:
        return ""
    first, last = (
        f"{day(at, where, now)} {clock(at, where)}" for where in (ordered[0], ordered[-1])
    )
    return first if first == last else f"{first} to {last}"


def span_and_utc(window: Window, zone: ZoneInfo, now: datetime | None = None) -> str:
    """ "Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC"."""
    local = span(window, zone, now)
    return local if zone.key == "UTC" else f"{local} = {elsewhere(window, _UTC, zone)} UTC"


def ahead(instant: datetime, now: datetime) -> str:
    """ "in 8 days", "in 3 h", "in 20 min", "now" or "overdue"; whole units, rounded down."""
    left = instant - now
    if left < timedelta():
        return "overdue"
    for unit, word in ((timedelta(days=1), "day"), (timedelta(hours=1), "h")):
        amount = left // unit
        if amount >= 2:
            return f"in {amount:,} {word}s" if word == "day" else f"in {amount} {word}"
    minutes = left // timedelta(minutes=1)
    return f"in {minutes} min" if minutes else "now"
