"""Testing periods and times in force of a pack's releases -> a bar for each, on one time axis."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.report.charts.axis import Axis
from reconciler.report.charts.drawing import Drawing, drawing, element, words

_HEIGHT = 22
_FOOT = 20
_MARGIN = 0.03


class Spans(Protocol):
    """When a release was tested and when it was current; an end of None: it goes on."""

    @property
    def tested(self) -> tuple[datetime, datetime] | None: ...
    @property
    def served(self) -> tuple[datetime, datetime | None] | None: ...
    @property
    def accepted_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A bar for each release, in the order given, and the axis below them."""

    bars: tuple[Drawing, ...]
    foot: Drawing


def timeline(releases: Iterable[Spans], now: datetime, zone: ZoneInfo) -> Timeline:
    """From the first acceptance to now, or to the end of a testing period that goes on."""
    every = tuple(releases)
    axis = _axis(every, now)
    days = axis.days(zone)
    return Timeline(
        bars=tuple(drawing(_HEIGHT, _bar(one, axis, now, days)) for one in every),
        foot=drawing(_FOOT, _foot(axis, days)),
    )


def _axis(every: tuple[Spans, ...], now: datetime) -> Axis:
    since = min((one.accepted_at for one in every), default=now)
    ends = [now, *(one.tested[1] for one in every if one.tested is not None)]
    until = max(*ends, since + timedelta(days=1))
    margin = (until - since) * _MARGIN
    return Axis(since=since - margin, until=until + margin)


def _bar(
    one: Spans, axis: Axis, now: datetime, days: tuple[tuple[datetime, str], ...]
) -> Iterable[str]:
    for at, _ in days:
        yield _line(axis.at(at), _HEIGHT, "grid")
    if one.tested is not None:
        yield _span(axis, *one.tested, "testing")
    if one.served is not None:
        since, until = one.served
        yield _span(axis, since, until or now, "past" if until else "served")
    yield _line(axis.at(now), _HEIGHT, "now")


def _span(axis: Axis, since: datetime, until: datetime, style: str) -> str:
    # However short it was, it can be seen.
    width = axis.width(since, until)
    seen = "3" if width in ("0%",) else width
    return element("rect", x=axis.at(since), y=4, width=seen, height=14, rx=3, class_=style)


def _foot(axis: Axis, days: tuple[tuple[datetime, str], ...]) -> Iterable[str]:
    for at, text in days:
        yield words(text, x=axis.at(at), y=14, text_anchor="middle")


def _line(x: str, height: int, style: str) -> str:
    return element("line", x1=x, x2=x, y1=0, y2=height, class_=style)
