"""A span of time -> the days that are written along it, in a zone's time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.windows import day_start
from reconciler.report.charts.drawing import percent
from reconciler.report.times import day

_MOST = 5
_STEPS = (1, 2, 3, 5, 7, 14, 28, 91, 182, 364, 728, 1820, 3640)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Time from left to right; instants are aware, `until` is after `since`."""

    since: datetime
    until: datetime

    def at(self, instant: datetime) -> str:
        """Where an instant lies, kept within the axis."""
        return percent((instant - self.since).total_seconds(), self._seconds)

    def width(self, since: datetime, until: datetime) -> str:
        """How wide a span within the axis is."""
        first, last = max(since, self.since), min(until, self.until)
        return percent(max((last - first).total_seconds(), 0), self._seconds)

    @property
    def _seconds(self) -> float:
        return (self.until - self.since).total_seconds()

    def days(self, zone: ZoneInfo, most: int = _MOST) -> tuple[tuple[datetime, str], ...]:
        """At most so many starts of days, evenly apart, and what is written at them."""
        span = (self.until - self.since) / timedelta(days=1)
        step = next((days for days in _STEPS if span / days <= most), _STEPS[-1])
        first = self.since.astimezone(zone).date()
        anchor = date(first.year, 1, 1) if step > 28 else first
        found: list[tuple[datetime, str]] = []
        at = anchor
        while (start := day_start(at, zone)) <= self.until:
            if start >= self.since:
                found.append((start, _written(start, zone, step)))
            at += timedelta(days=step)
        return tuple(found)


def _written(start: datetime, zone: ZoneInfo, step: int) -> str:
    _, number, month, year = day(start, zone).split()
    return f"{number} {month}" if step <= 28 else f"{month} {year}"
