"""Packs of a fan-out and their rows -> how many are still to move, and how many wait."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.desired.standing import Standings
from reconciler.desired.targets import Gates, move
from reconciler.model.base import Cohort
from reconciler.model.windows import today


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One pack. `waiting` rows are kept back by a gate of their own; `left` ones move next."""

    pack: str
    release: str | None
    attachments: int
    left: int
    waiting: int


def left(standings: Standings, cohorts: Iterable[Cohort], *, gated: bool) -> tuple[Left, ...]:
    """Pack by pack, in order of name; `gated` False for the first pass of a cold store."""
    day = today(standings.now, standings.zone)
    totals: Counter[str] = Counter()
    moving: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for cohort in cohorts:
        pack = standings.pack(cohort.pack)
        totals[cohort.pack] += cohort.rows
        gates = Gates(enforced=gated, now=standings.now, today=day, pack_suspended=pack.suspended)
        found = move(cohort.alike, pack.record, gates, closed=pack.closed)
        if found is not None:
            (moving if found.gate is None else waiting)[cohort.pack] += cohort.rows
    return tuple(
        Left(
            pack=name,
            release=standings.pack(name).record.current,
            attachments=totals[name],
            left=moving[name],
            waiting=waiting[name],
        )
        for name in sorted(totals)
    )
