"""A row and what its pack serves -> the release it should run, the move there, and its gate."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from reconciler.model.base import Alike, PackRecord
from reconciler.model.changes import Action, Gate
from reconciler.model.versions import semver_key

SLOT = timedelta(minutes=15)
"""How long a maintenance slot lasts; each begins on a whole quarter of an hour, UTC."""


class Wishes(Protocol):
    """What a row runs and what was asked for it: of a single row, or of many that are alike."""

    @property
    def release(self) -> str | None: ...

    @property
    def adopt_declared(self) -> str | None: ...

    @property
    def adopt_requested(self) -> str | None: ...

    @property
    def adopted_in(self) -> int | None: ...

    @property
    def adopt_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The gates of rows. `enforced` False on a cold store, which consults none.

    `today` is the latest date whose window has opened at `now`, in the publisher's zone.
    """

    enforced: bool
    now: datetime
    today: date
    pack_suspended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From release to release; `gate` not None: it has to wait.

    `slot`: the row adopts because its slot has come; None for every other reason.
    """

    action: Action
    before: str | None
    after: str
    gate: Gate | None = None
    slot: datetime | None = None


def adopts(row: Wishes, record: PackRecord, now: datetime) -> bool:
    """Whether the manifest, or the account in this testing period, wants the pending release.

    A manifest that names another release says nothing about this one (rule adopt-idle), and an
    account that chose a slot nothing before that.
    """
    if record.pending is None:
        return False
    if row.adopt_declared == record.pending:
        return True
    return _asked(row, record) and (row.adopt_at is None or row.adopt_at <= now)


def slot(row: Wishes, record: PackRecord) -> datetime | None:
    """The slot (UTC) in which the row will adopt the pending release, or should have.

    None without one, and where something else counts: the manifest adopts, the row runs the pending
    release already, or the slot was for another testing period.
    """
    live = _asked(row, record) and row.adopt_declared != record.pending
    return row.adopt_at if live and row.release != record.pending else None


def slot_kept(row: Wishes, record: PackRecord, now: datetime) -> datetime | None:
    """What a move leaves of a row's slot: only one that is still to come is remembered."""
    if row.adopt_at is None or row.adopt_at <= now or not _asked(row, record):
        return None
    return row.adopt_at


def _asked(row: Wishes, record: PackRecord) -> bool:
    """Whether the account's own wish is about the pending release, in this testing period."""
    return (
        record.pending is not None
        and row.adopt_requested == record.pending
        and row.adopted_in == record.testing_period
    )


def target(row: Wishes, record: PackRecord, now: datetime, *, closed: bool) -> str | None:
    """The release that the row should run (SPEC section 5); None while nothing is current.

    `closed`: a release that waits will supersede the pending one, so nobody starts to adopt it.
    """
    if record.current is None:
        return None
    if adopts(row, record, now) and (row.release == record.pending or not closed):
        return record.pending
    return record.current


def move(row: Alike, record: PackRecord, gates: Gates, *, closed: bool) -> Move | None:
    """What has to happen to such rows, None for nothing; only upward moves are ever gated."""
    after = target(row, record, gates.now, closed=closed)
    if after is None or after == row.release:
        return None
    if row.release is None:
        return Move(action=Action.INSTALL, before=None, after=after, gate=_gate(row, gates))
    if semver_key(row.release) < semver_key(after):
        if after == record.pending:
            gate = _gate(row, gates)
            return Move(
                action=Action.ADOPT,
                before=row.release,
                after=after,
                gate=gate,
                slot=slot(row, record),
            )
        gate = _gate(row, gates) or _held(row, gates)
        return Move(action=Action.UPGRADE, before=row.release, after=after, gate=gate)
    once_effective = record.releases[row.release].promoted_at is not None
    action = Action.ROLLBACK if once_effective else Action.REVERT
    return Move(action=action, before=row.release, after=after)


def _gate(row: Alike, gates: Gates) -> Gate | None:
    if not gates.enforced:
        return None
    if row.suspended:
        return Gate.ACCOUNT_SUSPENDED
    return Gate.PACK_SUSPENDED if gates.pack_suspended else None


def _held(row: Alike, gates: Gates) -> Gate | None:
    if gates.enforced and row.hold_until is not None and row.hold_until > gates.today:
        return Gate.HOLD
    return None
