"""The install base and a span of time -> what will happen in it without a new commit."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from reconciler.desired.freezes import spans
from reconciler.desired.gates import opening
from reconciler.desired.standing import Standings
from reconciler.model.base import InstallBase
from reconciler.model.windows import Window, day_start

# Spans of a freeze may follow one another without a gap; more of them than this are endless.
_CHAIN = 400


class EntryKind(StrEnum):
    """What an entry of the calendar tells of."""

    WINDOW = "window"
    FREEZE = "freeze"
    GATE = "gate"
    HOLD = "hold"
    SLOT = "slot"
    SUSPENSION = "suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that will happen at `at` (UTC), or lasts until `until`.

    `key` is the same for the same thing whenever the calendar is made; a release that is given
    another date keeps it. `attachments`: how many it concerns, 0 for none in particular.
    """

    key: str
    kind: EntryKind
    at: datetime
    until: datetime | None = None
    summary: str
    pack: str | None = None
    release: str | None = None
    attachments: int = 0


def entries(
    base: InstallBase, now: datetime, days: int, since: datetime | None = None
) -> tuple[Entry, ...]:
    """What happens within `days` times 24 hours, in order of time; with `since` from then on.

    Windows of pending releases, releases that wait for a gate's end, freezes, slots, and the ends
    of holds and of packs' suspensions. Empty when nothing was ever applied. Cheap however far
    `since` is.
    """
    if base.applied is None:
        return ()
    end = now + timedelta(days=days)
    begin = now if since is None else max(now, since)
    standings = Standings(base, now)
    found = [
        *_releases(standings),
        *_suspensions(standings),
        *_holds(standings),
        *_slots(standings),
    ]
    within = [entry for entry in found if begin <= entry.at < end]
    within.extend(_freezes(standings, begin, end))
    return tuple(sorted(within, key=lambda entry: (entry.at, entry.kind, entry.key)))


def _releases(standings: Standings) -> Iterator[Entry]:
    behind: Counter[tuple[str, str | None]] = Counter()
    for name, alike, rows in standings.base.attachments.cohorts():
        behind[name, alike.release] += rows
    totals: Counter[str] = Counter()
    for (owner, _), number in behind.items():
        totals[owner] += number
    for name in sorted(standings.base.tree.packs):
        pack = standings.pack(name)
        current, pending = pack.life.current, pack.life.pending
        if pack.held is not None and pack.held.until is not None and current is not None:
            yield Entry(
                key=f"release/{name}/{current}",
                kind=EntryKind.GATE,
                at=pack.held.until,
                summary=f"{name} {current} goes out; until then it {pack.held.words}",
                pack=name,
                release=current,
                attachments=totals[name] - behind[name, current],
            )
        if pack.held is None and current is not None and current != pack.record.current:
            yield Entry(
                key=f"release/{name}/{current}",
                kind=EntryKind.WINDOW,
                at=standings.now,
                summary=f"{name} {current} becomes current at the next pass",
                pack=name,
                release=current,
                attachments=totals[name] - behind[name, current],
            )
        if pending is None:
            continue
        window = opening(pack.record.releases[pending].release, standings.publisher, standings.zone)
        if window is not None:
            left = totals[name] - behind[name, pending]
            yield _window(name, pending, window, left, behind[name, pending])


def _window(pack: str, version: str, window: Window, left: int, adopted: int) -> Entry:
    early = f", {adopted:,} adopted it early" if adopted else ""
    return Entry(
        key=f"release/{pack}/{version}",
        kind=EntryKind.WINDOW,
        at=window.opens_at,
        until=window.closes_at,
        summary=f"{pack} {version} becomes current{early}",
        pack=pack,
        release=version,
        attachments=left,
    )


def _suspensions(standings: Standings) -> Iterator[Entry]:
    for name in sorted(standings.base.tree.packs):
        pack = standings.pack(name)
        if pack.suspended and pack.suspended_until is not None:
            yield Entry(
                key=f"suspension/{name}",
                kind=EntryKind.SUSPENSION,
                at=pack.suspended_until,
                summary=f"the suspension of {name} ends",
                pack=name,
            )


def _holds(standings: Standings) -> Iterator[Entry]:
    ends: Counter[tuple[date, str]] = Counter()
    for name, alike, rows in standings.base.attachments.cohorts():
        if alike.hold_until is not None:
            ends[alike.hold_until, name] += rows
    for (day, pack), number in sorted(ends.items()):
        yield Entry(
            key=f"hold/{pack}/{day.isoformat()}",
            kind=EntryKind.HOLD,
            at=day_start(day, standings.zone),
            summary=f"holds of {pack} end",
            pack=pack,
            attachments=number,
        )


def _slots(standings: Standings) -> Iterator[Entry]:
    """The slots that accounts chose, those of a pack at one instant as one."""
    chosen: Counter[tuple[datetime, str]] = Counter()
    for name, alike, rows in standings.base.attachments.cohorts():
        found = standings.slot(alike, name)
        if found is not None:
            chosen[found, name] += rows
    for (at, pack), number in sorted(chosen.items()):
        pending = standings.pack(pack).record.pending
        yield Entry(
            key=f"slot/{pack}/{at.isoformat()}",
            kind=EntryKind.SLOT,
            at=at,
            summary=f"{pack} {pending} is adopted in slots that accounts chose",
            pack=pack,
            release=pending,
            attachments=number,
        )


def _freezes(standings: Standings, since: datetime, end: datetime) -> Iterator[Entry]:
    for freeze in standings.publisher.freezes:
        found = spans(freeze, since, end, standings.zone)
        for start, until in _joined((a, b) for a, b in found if a < end and b > since):
            yield Entry(
                key=f"freeze/{freeze.name}/{start.isoformat() if freeze.cron else ''}",
                kind=EntryKind.FREEZE,
                at=start,
                until=until,
                summary=f'freeze "{freeze.name}"' + (f": {freeze.reason}" if freeze.reason else ""),
            )


def _joined(
    found: Iterable[tuple[datetime, datetime]],
) -> Iterator[tuple[datetime, datetime | None]]:
    """Spans that meet as one; an end of None: no end can be told."""
    start: datetime | None = None
    end = datetime.min.replace(tzinfo=UTC)
    links = 0
    for since, until in found:
        if start is not None and since <= end:
            end, links = max(end, until), links + 1
            if links > _CHAIN:
                yield start, None
                return
            continue
        if start is not None:
            yield start, end
        start, end, links = since, until, 0
    if start is not None:
        yield start, end
