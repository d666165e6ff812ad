"""The status of all packs -> a table, or the JSON object of `status`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.changes import Gate
from reconciler.model.declarations import NOTHING
from reconciler.model.windows import Window
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style, table
from reconciler.report.objects import Fields
from reconciler.report.times import ahead, day, iso_or_none, moment, window_fields
from reconciler.report.words import counted, share, short


class Newer(Protocol):
    """A component with a newer version than the newest release has."""

    @property
    def component(self) -> str: ...
    @property
    def released(self) -> str | None: ...
    @property
    def newest(self) -> str: ...


class Pending(Protocol):
    """A pack's pending release."""

    @property
    def version(self) -> str: ...
    @property
    def date(self) -> str | None: ...
    @property
    def window(self) -> Window | None: ...
    @property
    def adopted(self) -> int: ...
    @property
    def slots(self) -> int: ...


class Holding(Protocol):
    """What holds a release back."""

    @property
    def gate(self) -> Gate: ...
    @property
    def reason(self) -> str: ...
    @property
    def until(self) -> datetime | None: ...


class Pack(Protocol):
    """One pack and what its attachments run."""

    @property
    def name(self) -> str: ...
    @property
    def current(self) -> str | None: ...
    @property
    def pending(self) -> Pending | None: ...
    @property
    def attachments(self) -> int: ...
    @property
    def by_release(self) -> Mapping[str, int]: ...
    @property
    def not_installed(self) -> int: ...
    @property
    def held_attachments(self) -> int: ...
    @property
    def newer_versions(self) -> Sequence[Newer]: ...
    @property
    def waiting(self) -> str | None: ...
    @property
    def held(self) -> Holding | None: ...
    @property
    def suspended(self) -> bool: ...


class Behind(Protocol):
    """How many attachments of a pack are behind what their runtimes should run."""

    @property
    def attachments(self) -> int: ...
    @property
    def overdue(self) -> int: ...


class Overview(Protocol):
    """All packs."""

    @property
    def revision(self) -> str | None: ...
    @property
    def applied_at(self) -> datetime | None: ...
    @property
    def next_due(self) -> datetime | None: ...
    @property
    def packs(self) -> Sequence[Pack]: ...
    @property
    def zone(self) -> ZoneInfo: ...


_HEADS = ("PACK", "CURRENT", "PENDING", "ADOPTED", "ATTACHMENTS", "ON CURRENT", "NEWER COMPONENTS")
_NONE = "–"


def text(
    overview: Overview,
    last_error: str | None,
    now: datetime,
    style: Style = PLAIN,
    behind: Mapping[str, Behind] = NOTHING,
) -> str:
    """The table of packs below one line about the revision in force; trouble comes first.

    `behind` are the runtimes that differ from their target, by pack.
    """
    zone = overview.zone
    lines = []
    if last_error is not None:
        lines.append(style.bad(f"! {terminal(last_error)}"))
    if overview.revision is None or overview.applied_at is None:
        lines.append("Nothing was applied to this store yet: reconciler apply")
        return "\n".join(lines) + "\n"
    head = f"{short(overview.revision)}, applied {moment(overview.applied_at, zone, now)}"
    if overview.next_due is not None:
        due = overview.next_due
        head += f". Next: {moment(due, zone, now)} ({ahead(due, now)})"
    lines.append(f"{head}.")
    if not overview.packs:
        return "\n".join([*lines, "It declares no packs."]) + "\n"
    rows = [_row(pack, behind.get(pack.name), zone, now) for pack in overview.packs]
    return "\n".join([*lines, "", table(_HEADS, rows, right={3, 4, 5}, style=style)])


def _row(pack: Pack, behind: Behind | None, zone: ZoneInfo, now: datetime) -> list[str]:
    pending = pack.pending
    adopted = f"{pending.adopted:,} / {pack.attachments:,}" if pending else _NONE
    current = pack.by_release.get(pack.current or "", 0)
    on_current = current + (pending.adopted if pending else 0)
    newer = ", ".join(f"{found.component} {found.newest}" for found in pack.newer_versions)
    return [
        terminal(pack.name),
        terminal(pack.current or _NONE),
        _pending(pending, zone, now),
        adopted,
        f"{pack.attachments:,}",
        share(on_current, pack.attachments),
        terminal(newer) or _NONE,
        terminal(_notes(pack, behind, zone, now)),
    ]


def _pending(pending: Pending | None, zone: ZoneInfo, now: datetime) -> str:
    if pending is None:
        return _NONE
    if pending.window is None:
        return terminal(pending.version)
    return terminal(f"{pending.version} on {day(pending.window.opens_at, zone, now)}")


def _notes(pack: Pack, behind: Behind | None, zone: ZoneInfo, now: datetime) -> str:
    notes = []
    if pack.held is not None:
        until = f" until {moment(pack.held.until, zone, now)}" if pack.held.until else ""
        notes.append(f"{pack.waiting} waits: {pack.held.reason}{until}")
    if pack.suspended:
        notes.append("suspended")
    if pack.pending is not None and pack.pending.slots:
        notes.append(f"{pack.pending.slots:,} in a slot to come")
    if pack.held_attachments:
        notes.append(f"{pack.held_attachments:,} held")
    if pack.not_installed:
        notes.append(f"{counted(pack.not_installed, 'attachment')} not installed yet")
    if behind is not None:
        overdue = f", {behind.overdue:,} of them overdue" if behind.overdue else ""
        notes.append(f"{behind.attachments:,} not delivered{overdue}")
    return ", ".join(notes)


def fields(
    overview: Overview, last_error: str | None, behind: Mapping[str, Behind] = NOTHING
) -> Fields:
    """The object of SPEC section 9."""
    return {
        "revision": overview.revision,
        "applied_at": iso_or_none(overview.applied_at),
        "packs": [
            pack_fields(pack, overview.zone, behind.get(pack.name)) for pack in overview.packs
        ],
        "next_due": iso_or_none(overview.next_due),
        "last_error": last_error,
    }


def pack_fields(pack: Pack, zone: ZoneInfo, behind: Behind | None = None) -> Fields:
    """One pack of it; `behind`: how many runtimes do not run what they should."""
    return {
        "name": pack.name,
        "current": pack.current,
        "pending": None if pack.pending is None else _pending_fields(pack.pending, zone),
        "attachments": pack.attachments,
        "by_release": dict(pack.by_release),
        "newer_versions": [
            {"component": found.component, "released": found.released, "newest": found.newest}
            for found in pack.newer_versions
        ],
        "not_installed": pack.not_installed,
        "held": pack.held_attachments,
        "suspended": pack.suspended,
        "drift": 0 if behind is None else behind.attachments,
        "overdue": 0 if behind is None else behind.overdue,
        "waiting": None if pack.held is None else _waiting_fields(pack, pack.held),
    }


def _pending_fields(pending: Pending, zone: ZoneInfo) -> Fields:
    no_window = dict.fromkeys(("opens_at", "closes_at", "opens_local", "closes_local"))
    window = no_window if pending.window is None else window_fields(pending.window, zone)
    return {
        "version": pending.version,
        "date": pending.date,
        **window,
        "adopted": pending.adopted,
        "slots": pending.slots,
    }


def _waiting_fields(pack: Pack, held: Holding) -> Fields:
    return {
        "version": pack.waiting,
        "gate": held.gate.value,
        "reason": held.reason,
        "until": iso_or_none(held.until),
    }
