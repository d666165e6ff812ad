"""What was counted of a release -> where it lands: groups, environments, zones and freezes."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from reconciler.desired.freezes import spans
from reconciler.desired.lifecycle import release_window
from reconciler.model.declarations import Publisher, Release
from reconciler.model.impact import EnvironmentHit, Few, FreezeSpan, GroupHit, ZoneHit
from reconciler.model.zones import zone
from reconciler.plan.hits import Tally

MOST = 1_000
_WORKING_DAYS = range(5)
_WORKING_HOURS = range(8, 18)

T = TypeVar("T")


def groups(tally: Tally) -> Few[GroupHit]:
    """The groups of the accounts hit, those with the most attachments first."""
    found = [GroupHit(group=name, hit=tally.groups.hit(name)) for name in tally.groups]
    return _few(sorted(found, key=lambda one: (-one.hit.attachments, one.group or "")))


def environments(tally: Tally) -> Few[EnvironmentHit]:
    """The environments that are hit, those with the most attachments first."""
    found = [
        EnvironmentHit(
            environment=place[0] if place else None,
            classification=place[1] if place else None,
            hit=tally.places.hit(place),
        )
        for place in tally.places
    ]
    return _few(
        sorted(
            found,
            key=lambda one: (
                -one.hit.attachments,
                one.environment or "",
                one.classification or "",
            ),
        )
    )


def zones(tally: Tally, at: datetime | None, *, timed: bool) -> Few[ZoneHit]:
    """The zones of the accounts hit, the earliest local time first.

    `at`: when the release starts; only with `timed` it is known well enough to speak of a working
    day, since nobody knows when a revision is merged.
    """
    found = [
        ZoneHit(
            zone=name,
            starts_at=at if timed else None,
            in_working_day=timed and at is not None and in_working_day(at, zone(name)),
            hit=tally.zones.hit(name),
        )
        for name in tally.zones
    ]
    return _few(sorted(found, key=lambda one: (_local(one), one.zone)))


def in_working_day(at: datetime, where: ZoneInfo) -> bool:
    """Whether it is Monday to Friday there, 8:00 or later and before 18:00."""
    local = at.astimezone(where)
    return local.weekday() in _WORKING_DAYS and local.hour in _WORKING_HOURS


def freezes(
    publisher: Publisher,
    release: Release,
    since: datetime,
    at: datetime | None,
    where: ZoneInfo,
) -> Few[FreezeSpan]:
    """The freezes that touch the time from `since` to the release's window, or to when it starts.

    `at` None: nobody can tell when it starts; then those that begin before its window ends.
    """
    window = release_window(release, where)
    asked = window.opens_at if window is not None else since
    ends = max(window.closes_at if window is not None else since, at or asked)
    found = []
    for freeze in publisher.freezes:
        for start, end in islice(spans(freeze, since, ends, where), MOST):
            delays = end > asked and (at is None or start < at) and not release.emergency
            found.append(
                FreezeSpan(
                    name=freeze.name, reason=freeze.reason, since=start, until=end,
                    holds=delays and at != asked,
                )
            )  # fmt: skip
    return _few(sorted(found, key=lambda one: (one.since, one.until, one.name)))


def _local(one: ZoneHit) -> str:
    return "" if one.starts_at is None else f"{one.starts_at.astimezone(zone(one.zone)):%Y%m%d%H%M}"


def _few(found: Sequence[T]) -> Few[T]:
    return Few(items=tuple(found[:MOST]), more=max(0, len(found) - MOST))
