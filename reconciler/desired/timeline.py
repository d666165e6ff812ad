"""A pack's record -> when each of its releases was tested, and when it was current."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.base import PackRecord, ReleaseRecord
from reconciler.model.versions import semver_key


class Part(StrEnum):
    """What a release is to its pack."""

    CURRENT = "current"
    PENDING = "pending"
    SUPERSEDED = "superseded"  # its testing period ended without its becoming current
    PAST = "past"  # it was current once
    NEVER_CURRENT = "never-current"  # a higher one was there when it was accepted
    NOT_YET = "not-yet"  # accepted, and behind another one
    WITHDRAWN = "withdrawn"  # no manifest declares it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSpans:
    """One release. `tested` is None for an immediate one; for the pending one it ends when the
    window opens. `served`: when it was current, its end None while it is. All UTC.
    """

    version: str
    part: Part
    accepted_at: datetime
    tested: tuple[datetime, datetime] | None
    served: tuple[datetime, datetime | None] | None


def timeline(record: PackRecord, now: datetime) -> tuple[ReleaseSpans, ...]:
    """Every release that the store ever accepted, the highest first.

    A release that became current more than once (a rollback) is shown from its first time on.
    """
    starts = sorted(r.current_at for r in record.releases.values() if r.current_at is not None)
    return tuple(
        _spans(record, record.releases[version], starts, now)
        for version in sorted(record.releases, key=semver_key, reverse=True)
    )


def _spans(
    record: PackRecord, found: ReleaseRecord, starts: list[datetime], now: datetime
) -> ReleaseSpans:
    version = found.release.version
    part = _part(record, found)
    tested = _tested(found, part, starts, now)
    if part is Part.SUPERSEDED and tested is None:
        part = Part.NEVER_CURRENT
    served = None
    if found.current_at is not None:
        ended = next((at for at in starts if at > found.current_at), None)
        served = (found.current_at, None if part is Part.CURRENT else ended or now)
    return ReleaseSpans(
        version=version,
        part=part,
        accepted_at=found.accepted_at,
        tested=tested,
        served=served,
    )


def _part(record: PackRecord, found: ReleaseRecord) -> Part:
    version = found.release.version
    if version == record.current:
        return Part.CURRENT
    if version == record.pending:
        return Part.PENDING
    if found.current_at is not None:
        return Part.PAST
    if not found.declared:
        return Part.WITHDRAWN
    if record.current is None or semver_key(version) > semver_key(record.current):
        return Part.NOT_YET
    return Part.SUPERSEDED


def _tested(
    found: ReleaseRecord, part: Part, starts: list[datetime], now: datetime
) -> tuple[datetime, datetime] | None:
    if found.release.date_text is None or found.opens_at is None:
        return None
    since = found.accepted_at
    if part in (Part.PENDING, Part.NOT_YET):
        return (since, max(found.opens_at, since))
    after = [at for at in starts if at > since]
    end = min(found.current_at or (after[0] if after else now), found.opens_at)
    return (since, end) if end > since else None
