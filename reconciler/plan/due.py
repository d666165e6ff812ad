"""What is pending and waiting -> when something of each pack may happen by itself."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.lifecycle import release_window
from reconciler.model.changes import Change
from reconciler.model.declarations import Release
from reconciler.model.versions import semver_key
from reconciler.plan.packs import PackStep


def due_by_pack(
    steps: Mapping[str, PackStep],
    releases: Mapping[str, Mapping[str, Release]],
    waiting: Iterable[Change],
    slots: Iterable[tuple[str, datetime]],
    now: datetime,
    zone: ZoneInfo,
) -> Mapping[str, datetime]:
    """pack -> the earliest instant (UTC) after `now`: a window opens, a slot comes, a gate ends.

    `slots` are those of packs in which rows will adopt; windows are those of releases above
    current. Packs of which nothing will happen without a new commit are left out.
    """
    found: dict[str, datetime] = {}

    def note(pack: str, instant: datetime) -> None:
        if instant > now:
            found[pack] = min(instant, found.get(pack, instant))

    for change in waiting:
        if change.until is not None:
            note(change.name, change.until)
    for pack, instant in slots:
        note(pack, instant)
    for pack, step in steps.items():
        current = step.record.current
        floor = "" if current is None else semver_key(current)
        for version, release in releases.get(pack, {}).items():
            opening = release_window(release, zone)
            if opening is not None and semver_key(version) > floor:
                note(pack, opening.opens_at)
    return found
