"""A row of the install base and an instant -> the state that it is in, and what it should run."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from reconciler.desired.gates import (
    CONTESTED,
    Held,
    is_suspended,
    release_gate,
    suspension_end,
)
from reconciler.desired.lifecycle import Lifecycle, lifecycle
from reconciler.desired.targets import Wishes, slot, target
from reconciler.model.base import Attached, Cohort, InstallBase, PackRecord
from reconciler.model.declarations import (
    NOTHING,
    AccountStatus,
    AttachmentMode,
    IntegrationPack,
    Publisher,
)
from reconciler.model.versions import semver_key
from reconciler.model.windows import day_start, today
from reconciler.model.zones import zone


class AttachmentState(StrEnum):
    """The first that fits (SPEC section 9)."""

    NOT_ENTITLED = "not-entitled"
    SUSPENDED = "suspended"
    HELD = "held"
    WAITING = "waiting"
    NOT_INSTALLED = "not-installed"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one attachment stands.

    `target` is what it should run now, gates aside; while nothing of its pack is current the
    pending release, None when there is no release at all. `adopted`: it runs the pending release.
    `reason` says why it is not simply running, `until` (UTC) when that ends by itself, None for an
    end that nobody can tell. `slot` (UTC): when it adopts the pending release by itself.
    """

    state: AttachmentState
    target: str | None
    adopted: bool
    reason: str | None = None
    until: datetime | None = None
    slot: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackStanding:
    """What all attachments of a pack have in common.

    `life` is what its releases amount to now, gates aside; `held` keeps life.current from being
    carried out. `closed`: a waiting release will supersede the pending one.
    """

    record: PackRecord
    spec: IntegrationPack | None
    life: Lifecycle
    held: Held | None
    suspended: bool
    suspended_until: datetime | None

    @property
    def opens_at(self) -> datetime | None:
        """When the window of the pending release opens, as last resolved; None without one."""
        pending = self.record.pending
        found = self.record.releases.get(pending) if pending else None
        return found.opens_at if found is not None else None

    @property
    def closed(self) -> bool:
        """Whether nobody may adopt the pending release any more."""
        current, pending = self.life.current, self.record.pending
        return None not in (current, pending) and (
            semver_key(current or "") > semver_key(pending or "")
        )


class Standings:
    """Answers for all rows of one install base at one instant; what a pack shares is found once.

    Raises LookupError when nothing was ever applied: then there is no publisher, and no row either.
    """

    def __init__(self, base: InstallBase, now: datetime) -> None:
        self.base, self.now = base, now
        self.publisher: Publisher = base.tree.publisher
        self.zone: ZoneInfo = zone(self.publisher.time_zone)
        self._today = today(now, self.zone)
        self._packs: dict[str, PackStanding] = {}

    def pack(self, name: str) -> PackStanding:
        """What the pack's attachments have in common; an unknown pack has no release."""
        if name not in self._packs:
            self._packs[name] = self._made(name)
        return self._packs[name]

    def _made(self, name: str) -> PackStanding:
        spec = self.base.tree.packs.get(name)
        mode = spec.attachment if spec is not None else AttachmentMode.SINGLE
        record = self.base.packs.get(name) or PackRecord(name=name, mode=mode)
        releases = {v: r.release for v, r in record.releases.items() if r.declared}
        life = lifecycle(releases, record.promoted, self.now, self.zone)
        suspension = spec.suspended if spec is not None else None
        return PackStanding(
            record=record,
            spec=spec,
            life=life,
            held=self._held(record, life),
            suspended=is_suspended(suspension, self.zone, self.now),
            suspended_until=suspension_end(suspension, self.zone),
        )

    def _held(self, record: PackRecord, life: Lifecycle) -> Held | None:
        """What keeps the release that should be current from being so; a rollback is never held."""
        before, after = record.current, life.current
        if after is None or after == before:
            return None
        if before is not None and semver_key(after) < semver_key(before):
            return None
        if record.name in self.base.contested:
            return CONTESTED
        known = record.releases.get(after)
        release = record.releases[after].release
        return release_gate(release, known, self.publisher, self.zone, self.now)

    def account_is_suspended(self, name: str) -> bool:
        """Whether the account is declared as suspended."""
        spec = self.base.tree.accounts.get(name)
        return spec is not None and spec.status is AccountStatus.SUSPENDED

    def is_held(self, cohort: Cohort) -> bool:
        """Whether a hold keeps such rows, and neither their account nor their pack is suspended."""
        until = cohort.alike.hold_until
        if until is None or until <= self._today:
            return False
        return not (cohort.alike.suspended or self.pack(cohort.pack).suspended)

    def zone_of(self, account: str) -> ZoneInfo:
        """The account's own zone, else the publisher's."""
        spec = self.base.tree.accounts.get(account)
        return zone(spec.time_zone) if spec is not None and spec.time_zone else self.zone

    def slot(self, row: Wishes, pack: str) -> datetime | None:
        """When such rows of the pack adopt by themselves (UTC); None without a slot.

        None, too, where the pending release will be superseded, or comes to everybody now.
        """
        found = self.pack(pack)
        promoted = found.held is None and found.life.current == found.record.pending
        return None if found.closed or promoted else slot(row, found.record)

    def of(self, row: Attached) -> Standing:
        """The first state of SPEC section 9 that fits the row."""
        pack = self.pack(row.key.pack)
        aim = _aim(row, pack, self.now)
        adopted = pack.record.pending is not None and row.release == pack.record.pending
        state, reason, until = self._state(row, pack, aim)
        return Standing(
            state=state,
            target=aim,
            adopted=adopted,
            reason=reason,
            until=until,
            slot=self.slot(row, row.key.pack),
        )

    def _state(
        self, row: Attached, pack: PackStanding, aim: str | None
    ) -> tuple[AttachmentState, str | None, datetime | None]:
        if not row.entitled:
            return AttachmentState.NOT_ENTITLED, "no group entitles the account to it", None
        if self.account_is_suspended(row.key.account):
            return AttachmentState.SUSPENDED, f"account {row.key.account} is suspended", None
        if pack.suspended:
            return AttachmentState.SUSPENDED, _suspension(pack), pack.suspended_until
        if row.hold_until is not None and row.hold_until > self._today:
            reason = f'it is held ("{_bare(row.hold_reason)}")'
            return AttachmentState.HELD, reason, day_start(row.hold_until, self.zone)
        return _progress(row, pack, aim)


def _aim(row: Attached, pack: PackStanding, now: datetime) -> str | None:
    """The release that the row should run by the declarations alone."""
    life, record = pack.life, pack.record
    if life.current is None:
        return life.pending
    pending = record.pending if record.pending == life.pending else None
    served = replace(record, current=life.current, pending=pending)
    return target(row, served, now, closed=False)


def _suspension(pack: PackStanding) -> str:
    suspension = pack.spec.suspended if pack.spec is not None else None
    words = f"pack {pack.record.name} is suspended"
    return words if suspension is None else f'{words} ("{_bare(suspension.reason)}")'


def _bare(reason: str | None) -> str:
    """A reason that a sentence can go on from."""
    return (reason or "no reason is given").rstrip(". ")


def _progress(
    row: Attached, pack: PackStanding, aim: str | None
) -> tuple[AttachmentState, str | None, datetime | None]:
    if aim is None:
        name = pack.record.name
        return AttachmentState.NOT_INSTALLED, f"{name} has no release yet", None
    if row.release == aim:
        return AttachmentState.RUNNING, None, None
    if pack.held is not None:
        reason = f"{pack.life.current} {pack.held.words}"
        return AttachmentState.WAITING, reason, pack.held.until
    if pack.life.current is None:
        reason = f"nothing of {pack.record.name} is current yet; {aim} is its first release"
        return AttachmentState.WAITING, reason, pack.opens_at
    reason = f"the next pass brings it {aim}"
    state = AttachmentState.NOT_INSTALLED if row.release is None else AttachmentState.WAITING
    return state, reason, None


def declarers(base: InstallBase, account: str, pack: str) -> tuple[str, ...]:
    """The groups, in order of name, that entitle the account to the pack."""
    tree = base.tree
    return tuple(
        name
        for name, group in sorted(tree.groups.items())
        if any(resource.pack == pack for resource in group.packs)
        and account in tree.members.get(name, NOTHING)
    )
