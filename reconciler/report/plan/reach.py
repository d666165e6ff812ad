"""The install base before a plan -> how many accounts and adopters a pack has, and their zones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.base import InstallBase
from reconciler.model.outcome import PassOutcome
from reconciler.model.windows import Window
from reconciler.model.zones import zone
from reconciler.report.plan import totals
from reconciler.report.times import clock, day


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Who has a pack: all its rows and their accounts; `adopters` are rows that run `pending`."""

    attachments: int
    accounts: int
    adopters: int
    pending: str | None
    zones: frozenset[str]


NOBODY = Reach(attachments=0, accounts=0, adopters=0, pending=None, zones=frozenset())


def reaches(outcome: PassOutcome) -> Mapping[str, Reach]:
    """pack -> its reach, for the packs whose releases the plan changes."""
    plan, base = outcome.plan, outcome.base
    if plan is None or base is None:
        return {}
    packs = {change.name for change in plan.changes if change.action in totals.RELEASES}
    accounts: dict[str, set[str]] = {pack: set() for pack in packs}
    adopters = dict.fromkeys(packs, 0)
    rows = dict.fromkeys(packs, 0)
    pending = {name: base.packs[name].pending for name in packs if name in base.packs}
    for row in base.attachments.of_packs(packs):
        pack = row.key.pack
        accounts[pack].add(row.key.account)
        rows[pack] += 1
        adopters[pack] += row.release is not None and row.release == pending.get(pack)
    return {
        pack: Reach(
            attachments=rows[pack],
            accounts=len(accounts[pack]),
            adopters=adopters[pack],
            pending=pending.get(pack),
            zones=_zones(base, accounts[pack]),
        )
        for pack in packs
    }


def _zones(base: InstallBase, accounts: Collection[str]) -> frozenset[str]:
    declared = base.tree.accounts
    found = (declared[name].time_zone for name in accounts if name in declared)
    return frozenset(name for name in found if name is not None)


def local_range(window: Window, reach: Reach, publisher: ZoneInfo, now: datetime) -> str:
    """The wall clocks of the accounts when the window opens: the earliest and the latest."""
    zones = [publisher, *(zone(name) for name in sorted(reach.zones))]
    opens_at = window.opens_at
    ordered = sorted(zones, key=lambda where: opens_at.astimezone(where).replace(tzinfo=None))
    first, last = (
        f"{day(opens_at, where, now)} {clock(opens_at, where)}"
        for where in (ordered[0], ordered[-1])
    )
    return first if first == last else f"{first} to {last}"
