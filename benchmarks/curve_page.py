"""Points of the curve -> the measured part of docs/operations/scaling.md, and its chart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import log
from typing import Any

from benchmarks import chart
from benchmarks.measure import TOP

PAGE = TOP / "docs" / "operations" / "scaling.md"
CHART = PAGE.with_name("scaling.svg")
FAR = 100_000_000
WORKERS = (1, 4, 16)
_BEGIN, _END = "<!-- measured: begin -->", "<!-- measured: end -->"
_COLOURS = {"SQLite": "#0b6e99", "PostgreSQL": "#b5471b"}

Point = Mapping[str, Any]
Points = Sequence[Point]


def write(results: Mapping[str, Any]) -> None:
    """Puts what was measured between the marks of the page, and the chart beside it."""
    points: Points = results["points"]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    part = "\n".join(_part(results, points))
    PAGE.write_text(f"{before}{_BEGIN}\n{part}\n{_END}{after}", encoding="utf-8")
    CHART.write_text(_chart(points), encoding="utf-8")


def _part(results: Mapping[str, Any], points: Points) -> Iterator[str]:
    machine, versions = results["machine"], results["versions"]
    settings = ", ".join(
        f"{name} {value}" for name, value in results["postgresql_settings"].items()
    )
    yield (
        f"Measured on {results['measured_at'][:10]} at revision {results['revision']}: "
        f"{machine['processors']} × {machine['processor']}, {machine['memory_mb'] / 1000:.0f} GB; "
        f"SQLite {versions['sqlite']}, PostgreSQL {versions['postgresql']} ({settings})."
    )
    yield ""
    yield f"![Seconds of a release and of a pass with nothing to do, by size]({CHART.name})"
    yield ""
    yield from _times(points)
    yield ""
    yield from _bytes(points)
    yield ""
    yield from _far(points)


def _times(points: Points) -> Iterator[str]:
    yield (
        "| attachments | store | release, s | rows a second | × plain SQL | peak MB |"
        " nothing to do, s | `store check`, s | peak MB | `store partition`, s |"
    )
    yield "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for point in points:
        seconds, divided = point["release_seconds"], point["partition_seconds"]
        cells = (
            f"{point['attachments']:,}",
            point["store"],
            f"{seconds:.1f}",
            f"{point['attachments'] / seconds:,.0f}",
            f"{seconds / point['plain_seconds']:.1f}",
            f"{point['release_peak_mb']:.0f}",
            f"{point['idle_seconds']:.2f}",
            f"{point['check_seconds']:.1f}",
            f"{point['check_peak_mb']:.0f}",
            "–" if divided is None else f"{divided:.1f}",
        )
        yield f"| {' | '.join(cells)} |"


def _bytes(points: Points) -> Iterator[str]:
    yield "Bytes on the disk for a row, table + indexes, and of log that a release writes for it:"
    yield ""
    yield (
        "| attachments | store | attachment | after a release | history line | log | HOT updates |"
    )
    yield "|--:|---|--:|--:|--:|--:|--:|"
    for point in points:
        rows = point["attachments"]
        sizes = (point[name] for name in ("attachment_bytes", "released_bytes", "history_bytes"))
        logged, hot = point["log_bytes"], point["hot_share"]
        cells = (
            f"{rows:,}",
            point["store"],
            *(f"{table / rows:.0f} + {index / rows:.0f}" for table, index in sizes),
            "–" if logged is None else f"{logged / rows:.0f}",
            "–" if hot is None else f"{hot:.1%}",
        )
        yield f"| {' | '.join(cells)} |"


def _far(points: Points) -> Iterator[str]:
    yield f"### {FAR:,} attachments, extrapolated"
    yield ""
    yield (
        "Nothing here was run. Sizes follow from the bytes of a row at the largest size above, "
        "seconds and memory from the growth between the two largest. That workers share a release "
        "evenly, and that a disk takes what they write, is assumed."
    )
    yield ""
    hours = ", ".join(f"{count} worker{'s' * (count > 1)}" for count in WORKERS)
    yield (
        "| store | attachments, GB | history of one release, GB | log of one release, GB |"
        f" release, hours with {hours} | peak of a pass, MB |"
    )
    yield "|---|--:|--:|--:|--:|--:|"
    for name in _COLOURS:
        own = [point for point in points if point["store"] == name]
        if own:
            yield f"| {name} | {' | '.join(_far_cells(own))} |"


def _far_cells(own: Points) -> Iterator[str]:
    last = own[-1]
    each = FAR / last["attachments"] / 1e9
    yield f"{sum(last['released_bytes']) * each:.0f}"
    yield f"{sum(last['history_bytes']) * each:.0f}"
    yield "–" if last["log_bytes"] is None else f"{last['log_bytes'] * each:.0f}"
    hours = _extrapolated(own, lambda point: point["release_seconds"], least=1.0) / 3600
    counts = WORKERS if last["store"] == "PostgreSQL" else WORKERS[:1]
    yield ", ".join(f"{hours / count:.1f}" for count in counts)
    yield f"{_extrapolated(own, lambda point: point['release_peak_mb'], least=0.0):,.0f}"


def _extrapolated(own: Points, value: Callable[[Point], float], *, least: float) -> float:
    """By a power of the size, no lower than `least`; the power is that of the last two points."""
    last, power = own[-1], least
    if len(own) > 1:
        before = own[-2]
        growth = log(last["attachments"] / before["attachments"])
        power = max(least, log(value(last) / value(before)) / growth)
    return float(value(last) * (FAR / last["attachments"]) ** power)


def _chart(points: Points) -> str:
    lines = []
    for name, colour in _COLOURS.items():
        own = [point for point in points if point["store"] == name]
        for field, words, dash in (
            ("release_seconds", "release", ""),
            ("plain_seconds", "plain SQL", "7 4"),
            ("idle_seconds", "nothing to do", "2 4"),
        ):
            places = [(point["attachments"], point[field]) for point in own]
            lines.append(
                chart.Line(title=f"{words}, {name}", colour=colour, dash=dash, points=places)
            )
    return chart.drawn(lines, across="attachments", up="seconds")
