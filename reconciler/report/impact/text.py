"""The impact of a release -> text for a terminal: whom, when, what to fill in, what changes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from reconciler.model.impact import Few, Hit, Impact
from reconciler.report.escape import terminal
from reconciler.report.impact import phrases
from reconciler.report.layout import PLAIN, Style, aligned
from reconciler.report.words import counted, listed

_SHOWN = 20

T = TypeVar("T")


def render(impact: Impact, publisher: ZoneInfo, now: datetime, style: Style = PLAIN) -> str:
    """Everything, lists up to twenty entries; `now` decides which years are written out."""
    head = f"{terminal(phrases.head(impact))}, {phrases.when(impact, publisher, now, terminal)}"
    lines = [style.bold(head)]
    if not impact.stored:
        lines.append(style.warn(phrases.FROM_MANIFESTS))
    lines.append(phrases.reached(impact))
    early = phrases.adopters(impact, terminal)
    lines += [style.warn(early)] if early else []
    lines += [terminal(phrases.flat(impact.notes))] if impact.notes else []
    for title, body in (
        ("What accounts have to fill in", _missing(impact)),
        ("What changes", _components(impact)),
        ("By group", _groups(impact)),
        ("By environment", _environments(impact)),
        ("By zone", _zones(impact, now)),
        ("Freezes", _freezes(impact, publisher, now)),
        ("Evidence", _evidence(impact)),
    ):
        found = list(body)
        if found:
            lines += ["", style.bold(title), *(f"  {line}" for line in found)]
    return "\n".join(lines) + "\n"


def _missing(impact: Impact) -> Iterator[str]:
    for found in impact.missing:
        yield phrases.will_miss(found, impact.version, terminal)
    rows = [
        [terminal(gap.account), terminal(listed(".".join(name) for name in gap.names))]
        for gap in impact.gaps.items[:_SHOWN]
    ]
    yield from (f"  {line}" for line in aligned(rows))
    yield from _rest(impact.gaps, "account")


def _components(impact: Impact) -> Iterator[str]:
    for found in impact.contrast.components if impact.contrast is not None else ():
        yield terminal(phrases.component_head(found))
        yield from (f"  {line}" for line in phrases.component_lines(found, impact, terminal))


def _groups(impact: Impact) -> Iterator[str]:
    rows = [
        [terminal(found.group or "in no group any more"), *_cells(found.hit)]
        for found in impact.groups.items[:_SHOWN]
    ]
    yield from aligned(rows)
    yield from _rest(impact.groups, "group")


def _environments(impact: Impact) -> Iterator[str]:
    rows = [
        [terminal(phrases.environment(found)), *_cells(found.hit)]
        for found in impact.environments.items[:_SHOWN]
    ]
    yield from aligned(rows)
    yield from _rest(impact.environments, "environment")


def _zones(impact: Impact, now: datetime) -> Iterator[str]:
    rows = []
    for found in impact.zones.items[:_SHOWN]:
        mark = "in the working day" if found.in_working_day else ""
        rows.append([found.zone, phrases.local_time(found, now), *_cells(found.hit), mark])
    yield from aligned(rows)
    yield from _rest(impact.zones, "zone")


def _freezes(impact: Impact, publisher: ZoneInfo, now: datetime) -> Iterator[str]:
    for found in impact.freezes.items[:_SHOWN]:
        yield phrases.freeze(found, publisher, now, terminal)
    yield from _rest(impact.freezes, "freeze")


def _evidence(impact: Impact) -> Iterator[str]:
    found = impact.assessment
    if found.regression is not None:
        yield f"regression report {terminal(found.regression)} {terminal(phrases.tests(found))}"
    if found.impact is not None:
        yield f"impact note {terminal(found.impact)}"


def _cells(hit: Hit) -> Sequence[str]:
    return counted(hit.attachments, "attachment"), counted(hit.accounts, "account")


def _rest(found: Few[T], noun: str) -> Iterator[str]:
    left = len(found) - min(len(found.items), _SHOWN)
    if left:
        more = counted(left, noun).replace(" ", " more ", 1)
        yield f"… and {more}; --format json has the first {len(found.items):,}"
