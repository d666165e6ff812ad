"""What is pending and waiting -> the next instant at which something may happen by itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.lifecycle import release_window
from reconciler.model.changes import Change
from reconciler.model.declarations import Release
from reconciler.model.versions import semver_key
from reconciler.plan.packs import PackStep


def next_due(
    steps: Mapping[str, PackStep],
    releases: Mapping[str, Mapping[str, Release]],
    waiting: Iterable[Change],
    now: datetime,
    zone: ZoneInfo,
) -> datetime | None:
    """The earliest of window openings of releases above current, and of the ends of gates; UTC.

    None when nothing will happen without a new commit.
    """
    instants = [change.until for change in waiting if change.until is not None]
    for pack, step in steps.items():
        current = step.record.current
        floor = "" if current is None else semver_key(current)
        for version, release in releases.get(pack, {}).items():
            opening = release_window(release, zone)
            if opening is not None and semver_key(version) > floor:
                instants.append(opening.opens_at)
    return min((instant for instant in instants if instant > now), default=None)
