"""Values of the model <-> the texts and numbers of columns, and the JSON of an export."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from functools import lru_cache
from sys import intern
from typing import Any

from reconciler.model.base import (
    Applied,
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    PackRecord,
    ReleaseRecord,
    Settings,
    TemplateCopy,
)
from reconciler.model.declarations import AttachmentMode, Deployment, Release
from reconciler.model.decode import canonical
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.versions import semver_key

Row = dict[str, Any]


def time_text(at: datetime) -> str:
    """UTC with microseconds, of fixed width: texts sort as the instants do."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def optional_time_text(at: datetime | None) -> str | None:
    """The same, and None for None."""
    return None if at is None else time_text(at)


@lru_cache(maxsize=1024)  # a pass gives thousands of rows the same time
def time_of(text: str) -> datetime:
    """The aware UTC instant. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(UTC)


def optional_time(text: str | None) -> datetime | None:
    """The same, and None for None. Raises ValueError."""
    return None if text is None else time_of(text)


def settings_text(settings: Settings) -> str | None:
    """None when nobody says anything, as on most rows."""
    said = {
        name: value
        for name, value in (
            ("environments", settings.environments),
            ("extensions", settings.extensions),
        )
        if value is not None
    }
    return canonical(_plain(said)) if said else None


def _plain(value: object) -> object:
    """Read-only mappings and tuples as JSON knows them."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


_UNSET = Settings()


@lru_cache(maxsize=1024)  # rows that lie together often say the same
def settings_of(text: str | None) -> Settings:
    """What settings_text() was made from."""
    if text is None:
        return _UNSET
    said = json.loads(text)
    environments = said.get("environments")
    return Settings(
        environments=None if environments is None else tuple(environments),
        extensions=said.get("extensions"),
    )


# In the order in which attached_of() takes them.
ATTACHED_COLUMNS = (
    "account", "pack", "instance", "origin", "entitled", "release", "declared", "requested",
    "adopt_declared", "adopt_requested", "adopted_in", "adopt_at", "hold_until", "hold_reason",
    "updated_at",
)  # fmt: skip


def attached_row(row: Attached, at: str) -> Row:
    """The columns of one attachment, names instead of numbers; `at` is its time of change."""
    return {
        "account": row.key.account,
        "pack": row.key.pack,
        "instance": row.key.instance,
        "origin": row.origin.value,
        "entitled": row.entitled,
        "release": row.release,
        "declared": settings_text(row.declared),
        "requested": settings_text(row.requested),
        "adopt_declared": row.adopt_declared,
        "adopt_requested": row.adopt_requested,
        "adopted_in": row.adopted_in,
        "adopt_at": optional_time_text(row.adopt_at),
        "hold_until": None if row.hold_until is None else row.hold_until.isoformat(),
        "hold_reason": row.hold_reason,
        "updated_at": at,
    }


def attached_of(columns: tuple[Any, ...]) -> Attached:
    """The attachment of one row, columns as in ATTACHED_COLUMNS.

    SQLite gives each row texts of its own; names that many rows share are kept once.
    """
    (
        account, pack, instance, origin, entitled, release, declared, requested,
        adopt_declared, adopt_requested, adopted_in, adopt_at, hold_until, hold_reason, updated_at,
    ) = columns  # fmt: skip
    return Attached(
        key=AttachmentKey(intern(account), intern(pack), intern(instance)),
        origin=AttachmentOrigin(origin),
        entitled=bool(entitled),
        release=None if release is None else intern(release),
        declared=settings_of(declared),
        requested=settings_of(requested),
        adopt_declared=adopt_declared,
        adopt_requested=adopt_requested,
        adopted_in=adopted_in,
        adopt_at=optional_time(adopt_at),
        hold_until=None if hold_until is None else date.fromisoformat(hold_until),
        hold_reason=hold_reason,
        updated_at=time_of(updated_at),
    )


_RELEASE_BODY = tuple(
    field.name for field in fields(Release) if field.name not in ("pack", "version")
)


def release_row(record: ReleaseRecord) -> Row:
    """The columns of a release record; pack and version are not in the body, so that a renamed
    pack's releases follow it.
    """
    release = record.release
    body = {field: _plain(getattr(release, field)) for field in _RELEASE_BODY}
    return {
        "pack": release.pack,
        "version": release.version,
        "sort_key": semver_key(release.version),
        "body": canonical(body),
        "declared": record.declared,
        "accepted_at": time_text(record.accepted_at),
        "promoted_at": optional_time_text(record.promoted_at),
        "current_at": optional_time_text(record.current_at),
        "opens_at": optional_time_text(record.opens_at),
    }


RELEASE_COLUMNS = (
    "pack", "version", "body", "declared", "accepted_at", "promoted_at", "current_at", "opens_at",
)  # fmt: skip


def release_of(columns: tuple[Any, ...]) -> ReleaseRecord:
    """The release record of one row, columns as in RELEASE_COLUMNS."""
    pack, version, text, declared, accepted_at, promoted_at, current_at, opens_at = columns
    body = json.loads(text)
    body["removes"] = tuple(body["removes"])
    return ReleaseRecord(
        release=Release(pack=pack, version=version, **body),
        declared=bool(declared),
        accepted_at=time_of(accepted_at),
        promoted_at=optional_time(promoted_at),
        current_at=optional_time(current_at),
        opens_at=optional_time(opens_at),
    )


def pack_row(record: PackRecord) -> Row:
    """The columns of a pack record, versions instead of numbers."""
    return {
        "name": record.name,
        "mode": record.mode.value,
        "deployment": record.deployment.value,
        "declared": record.declared,
        "current": record.current,
        "pending": record.pending,
        "testing_period": record.testing_period,
        "due_at": optional_time_text(record.due_at),
    }


PACK_COLUMNS = (
    "name", "mode", "deployment", "declared", "current", "pending", "testing_period", "due_at",
)  # fmt: skip


def pack_of(columns: tuple[Any, ...], releases: Mapping[str, ReleaseRecord]) -> PackRecord:
    """The pack record of one row, columns as in PACK_COLUMNS."""
    name, mode, deployment, declared, current, pending, testing_period, due_at = columns
    return PackRecord(
        name=name,
        mode=AttachmentMode(mode),
        deployment=Deployment(deployment),
        declared=bool(declared),
        current=current,
        pending=pending,
        testing_period=testing_period,
        due_at=optional_time(due_at),
        releases=releases,
    )


APPLIED_COLUMNS = (
    "revision", "applied_at", "passed_at", "settled", "next_due", "zone_rules", "gated",
)  # fmt: skip


def applied_row(applied: Applied) -> Row:
    """The columns of the revision in force."""
    return {
        "revision": applied.revision,
        "applied_at": time_text(applied.applied_at),
        "passed_at": time_text(applied.passed_at),
        "settled": applied.settled,
        "next_due": optional_time_text(applied.next_due),
        "zone_rules": applied.zone_rules,
        "gated": applied.gated,
    }


def applied_of(columns: tuple[Any, ...]) -> Applied:
    """The revision in force, columns as in APPLIED_COLUMNS."""
    revision, applied_at, passed_at, settled, next_due, zone_rules, gated = columns
    return Applied(
        revision=revision,
        applied_at=time_of(applied_at),
        passed_at=time_of(passed_at),
        settled=bool(settled),
        next_due=optional_time(next_due),
        zone_rules=zone_rules,
        gated=bool(gated),
    )


def event_content(draft: EventDraft) -> str:
    """What the chain of events is computed over."""
    return canonical(
        {
            "kind": draft.kind.value,
            "at": time_text(draft.at),
            "actor": draft.actor,
            "revision": draft.revision,
            "pack": draft.pack,
            "account": draft.account,
            "message": draft.message,
            "details": _plain(draft.details),
        }
    )


def event_of(content: str) -> EventDraft:
    """What event_content() was made from."""
    said = json.loads(content)
    return EventDraft(
        kind=EventKind(said["kind"]),
        at=time_of(said["at"]),
        actor=said["actor"],
        revision=said["revision"],
        pack=said["pack"],
        account=said["account"],
        message=said["message"],
        details=said["details"],
    )


def copy_row(copy: TemplateCopy) -> Row:
    """The columns of a template copy."""
    return {
        "account": copy.account,
        "component": copy.component,
        "version": copy.version,
        "copied_at": time_text(copy.copied_at),
        "actor": copy.actor,
    }


COPY_COLUMNS = ("account", "component", "version", "copied_at", "actor")


def copy_of(columns: tuple[Any, ...]) -> TemplateCopy:
    """The template copy of one row, columns as in COPY_COLUMNS."""
    account, component, version, copied_at, actor = columns
    return TemplateCopy(
        account=account,
        component=component,
        version=version,
        copied_at=time_of(copied_at),
        actor=actor,
    )
