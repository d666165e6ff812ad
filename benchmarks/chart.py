"""Lines of positive values -> a chart as SVG, both scales logarithmic."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 20, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Points in rising order; `dash` as SVG has it, empty for a solid line."""

    title: str
    colour: str
    dash: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Whole powers of ten from `low` to `high`, drawn between two places."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        share = (log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def drawn(lines: Sequence[Line], *, across: str, up: str) -> str:
    """The whole file; the same lines give the same bytes."""
    points = [point for line in lines for point in line.points]
    x = _scale([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = _scale([point[1] for point in points], HEIGHT - BOTTOM, TOP)
    parts = [*_grid(x, y, across, up)]
    for place, line in enumerate(lines):
        parts += _line(line, x, y, TOP + 20 * place + 10)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    low = floor(log10(min(values)))
    return _Scale(low, max(low + 1, ceil(log10(max(values)))), start, end)


def _grid(x: _Scale, y: _Scale, across: str, up: str) -> Iterator[str]:
    for power in range(x.low, x.high + 1):
        at = x.place(10.0**power)
        yield f'<path d="M{at} {y.start}V{y.end}" stroke="#d8d8d8"/>'
        yield f'<text x="{at}" y="{y.start + 18}" text-anchor="middle">{_number(power)}</text>'
    for power in range(y.low, y.high + 1):
        at = y.place(10.0**power)
        yield f'<path d="M{x.start} {at}H{x.end}" stroke="#d8d8d8"/>'
        yield f'<text x="{x.start - 8}" y="{at + 4}" text-anchor="end">{_number(power)}</text>'
    middle = (x.start + x.end) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{across}</text>'
    middle = (y.start + y.end) / 2
    yield f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{up}</text>'


def _line(line: Line, x: _Scale, y: _Scale, legend_y: float) -> Iterator[str]:
    pen = f'fill="none" stroke="{line.colour}" stroke-width="2" stroke-dasharray="{line.dash}"'
    places = [(x.place(across), y.place(up)) for across, up in line.points]
    yield f'<polyline points="{" ".join(f"{a},{b}" for a, b in places)}" {pen}/>'
    for across, up in places:
        yield f'<circle cx="{across}" cy="{up}" r="3" fill="{line.colour}"/>'
    left = WIDTH - RIGHT + 20
    yield f'<path d="M{left} {legend_y}h28" {pen}/>'
    yield f'<text x="{left + 36}" y="{legend_y + 4}">{line.title}</text>'


def _number(power: int) -> str:
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
