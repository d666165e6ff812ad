"""A pack's releases and an instant -> its current and its pending release (SPEC section 5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.declarations import Release
from reconciler.model.versions import semver_key
from reconciler.model.windows import Window, parse_date, window


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What a pack's releases amount to: versions, None for none.

    `effective` are all effective versions, `testing` those above current that are not, both rising;
    `superseded` are those not effective and lower than current. More than one version in `testing`
    is one too many (rule one-pending); `pending` is then the lowest of them.
    """

    current: str | None
    pending: str | None
    effective: tuple[str, ...]
    testing: tuple[str, ...]
    superseded: tuple[str, ...]


def release_window(release: Release, zone: ZoneInfo) -> Window | None:
    """The window of a scheduled release; None for an immediate one, or a date that is none."""
    day = None if release.date_text is None else parse_date(release.date_text)
    return None if day is None else window(day, zone)


def is_effective(release: Release, promoted: bool, now: datetime, zone: ZoneInfo) -> bool:
    """Immediate, or its window has opened, or recorded as promoted."""
    if promoted or release.date_text is None:
        return True
    opening = release_window(release, zone)
    return opening is not None and opening.opens_at <= now


def lifecycle(
    releases: Mapping[str, Release], promoted: Collection[str], now: datetime, zone: ZoneInfo
) -> Lifecycle:
    """Current and pending of one pack at `now`.

    `releases` are the declared ones by version, `promoted` the versions that the store has recorded
    as effective, `zone` the publisher's.
    """
    versions = sorted(releases, key=semver_key)
    effective = tuple(v for v in versions if is_effective(releases[v], v in promoted, now, zone))
    current = effective[-1] if effective else None
    others = tuple(v for v in versions if v not in effective)
    floor = "" if current is None else semver_key(current)
    testing = tuple(v for v in others if semver_key(v) > floor)
    return Lifecycle(
        current=current,
        pending=testing[0] if testing else None,
        effective=effective,
        testing=testing,
        superseded=tuple(v for v in others if v not in testing),
    )
