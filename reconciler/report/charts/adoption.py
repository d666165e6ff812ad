"""Adoptions by hour -> a line that rises over the testing period."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.report.charts.axis import Axis
from reconciler.report.charts.drawing import Drawing, drawing, element, words
from reconciler.report.words import counted, share

_HEIGHT = 180
_TOP, _BOTTOM = 16, 24
_PLOT = _HEIGHT - _TOP - _BOTTOM

Points = tuple[tuple[datetime, int], ...]


def adopted_by(hours: Mapping[datetime, int], adopted: int, now: datetime) -> Points:
    """How many had adopted at each hour; it ends now, with `adopted`, what the store counts.

    Where some gave it up again the line is lowered to what is left.
    """
    total = 0
    found: list[tuple[datetime, int]] = []
    for at, number in sorted(hours.items()):
        total += number
        found.append((at, min(total, adopted)))
    return (*found, (now, adopted))


def adoption(
    points: Points,
    *,
    attachments: int,
    since: datetime,
    until: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Drawing:
    """The testing period from left to right; as high as the most that adopted, in whole numbers."""
    axis = Axis(since=since, until=max(until, now))
    adopted = points[-1][1] if points else 0
    top = _round(max((number for _, number in points), default=0))
    parts = [
        *_grid(axis, top, zone),
        _plot(axis, points, top),
        *_heights(top),
        element("line", x1=axis.at(now), x2=axis.at(now), y1=0, y2=_TOP + _PLOT, class_="now"),
        _now(axis, now),
    ]
    said = (
        f"{counted(adopted, 'attachment')} of {attachments:,} adopted it so far,"
        f" {share(adopted, attachments)}"
    )
    return drawing(_HEIGHT, parts, said)


def _steps(top: int) -> Iterable[int]:
    steps = 4 if top % 4 == 0 else 2
    return (top * step // steps for step in range(steps + 1))


def _grid(axis: Axis, top: int, zone: ZoneInfo) -> Iterable[str]:
    for number in _steps(top):
        y = f"{_y(number, top):g}"
        yield element("line", x1="0%", x2="100%", y1=y, y2=y, class_="grid")
    for at, text in axis.days(zone):
        yield words(text, x=axis.at(at), y=_HEIGHT - 6, text_anchor=_anchor(axis.at(at)))


def _heights(top: int) -> Iterable[str]:
    """Written above their lines, and over the curve."""
    for number in _steps(top):
        if number:
            yield words(f"{number:,}", x=2, y=f"{_y(number, top) - 3:g}", class_="over")


def _anchor(place: str) -> str:
    along = float(place.rstrip("%"))
    return "start" if along < 8 else "end" if along > 92 else "middle"


def _y(number: int, top: int) -> float:
    return round(_TOP + _PLOT * (1 - number / top), 1)


def _plot(axis: Axis, points: Points, top: int) -> str:
    """Steps: an adoption is at once. Drawn in a frame of its own that stretches with the width."""
    places = [(0.0, 100.0)]
    for at, number in points:
        x, y = float(axis.at(at).rstrip("%")), round(100 * (1 - number / top), 2)
        places += [(x, places[-1][1]), (x, y)]
    line = " ".join(f"{x:g},{y:g}" for x, y in places)
    area = f"{line} {places[-1][0]:g},100 0,100"
    inside = element("polygon", points=area, class_="area") + element(
        "polyline", points=line, class_="line", vector_effect="non-scaling-stroke"
    )
    return element(
        "svg",
        inside,
        x=0,
        y=_TOP,
        width="100%",
        height=_PLOT,
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        overflow="visible",
    )


def _now(axis: Axis, now: datetime) -> str:
    place = axis.at(now)
    left = float(place.rstrip("%")) > 50
    return words(
        "now",
        x=place,
        dx=-5 if left else 5,
        y=11,
        class_="now-word",
        text_anchor="end" if left else "start",
    )


def _round(most: int) -> int:
    """The next round number that holds the most: 4, 8, 10, 20, 40, 80, 100, 200, …"""
    power = 1
    while True:
        for step in (4, 8, 10, 20):
            if most <= step * power:
                return step * power
        power *= 10
