"""An account that adopts, at once or in a slot that it chooses -> the decision, or a refusal."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from reconciler.desired.eligibility import (
    active_account,
    declared_pack,
    existing_row,
    local,
    nothing_current,
    refuse_suspended,
    standings,
)
from reconciler.desired.gates import opening
from reconciler.desired.requests import granted
from reconciler.desired.standing import PackStanding, Standings
from reconciler.desired.targets import SLOT, slot
from reconciler.errors import RequestRefused
from reconciler.model.base import Attached, AttachmentKey, InstallBase
from reconciler.model.changes import Action
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision
from reconciler.model.zones import zone

_SLOT_ACTION = "slot"


def adopt(
    base: InstallBase,
    key: AttachmentKey,
    version: str | None,
    now: datetime,
    actor: str,
    *,
    at: datetime | None = None,
) -> Decision:
    """Runs the pending release in one attachment during its testing period (SPEC section 5).

    `version` None means whatever is pending. `at` (aware) is the account's slot: from then on the
    adoption counts; None: it counts at once, and a slot chosen before is forgotten. Asking twice
    changes nothing. A hold does not stop it: a hold is against upgrades. Raises RequestRefused.
    """
    asked = _Asked(base, key, now)
    pending = _adoptable(asked.all_packs, asked.pack, asked.row, version)
    if at is not None:
        return asked.in_slot(pending, at.astimezone(UTC), actor)
    row = asked.row
    if row.release == pending:
        told = f"{row.key} runs {pending} already; nothing was changed"
        return Decision(action=Action.ADOPT, message=told)
    refuse_suspended(asked.pack, asked.all_packs.zone)
    message = f"{row.key} adopts {pending} (it ran {row.release})"
    adopted = replace(
        row,
        release=pending,
        adopt_requested=pending,
        adopted_in=asked.pack.record.testing_period,
        adopt_at=None,
        updated_at=now,
    )
    details = {"before": row.release, "after": pending}
    event = granted.told(EventKind.ACCOUNT_ADOPT, base, row.key, now, actor, message, details)
    return Decision(action=Action.ADOPT, put=adopted, event=event, message=message)


def withdraw_slot(base: InstallBase, key: AttachmentKey, now: datetime, actor: str) -> Decision:
    """Takes a slot back that has not come: the pending release comes in its window.

    What is not chosen needs no taking back. Raises RequestRefused.
    """
    asked = _Asked(base, key, now)
    row, chosen = asked.row, asked.slot
    if chosen is None:
        told = f"{row.key} has no slot; nothing was changed"
        return Decision(action=_SLOT_ACTION, message=told)
    asked.refuse_come(chosen)
    pending = row.adopt_requested
    message = f"{row.key} takes its slot for {pending} back, {asked.spoken(chosen)}"
    put = replace(row, adopt_requested=None, adopted_in=None, adopt_at=None, updated_at=now)
    kind = EventKind.ACCOUNT_SLOT_WITHDRAWN
    details = {"release": pending, "slot": chosen.isoformat()}
    event = granted.told(kind, base, row.key, now, actor, message, details)
    return Decision(action=_SLOT_ACTION, put=put, event=event, message=message)


class _Asked:
    """One attachment of an active account, its pack, and what it has asked for."""

    def __init__(self, base: InstallBase, key: AttachmentKey, now: datetime) -> None:
        account = active_account(base, key.account)
        spec = declared_pack(base, key.pack)
        self.base, self.now = base, now
        self.row: Attached = existing_row(base, key.account, spec, key.instance)
        self.all_packs: Standings = standings(base, now)
        self.pack: PackStanding = self.all_packs.pack(key.pack)
        self.zone: ZoneInfo = zone(account.time_zone) if account.time_zone else self.all_packs.zone

    @property
    def slot(self) -> datetime | None:
        """The slot that the account has chosen and that is not served yet."""
        return slot(self.row, self.pack.record)

    def spoken(self, instant: datetime) -> str:
        """The instant in the account's own time."""
        return local(instant, self.zone)

    def refuse_come(self, chosen: datetime) -> None:
        """A slot that has come is not moved or taken back: a pass may be serving it just now."""
        if chosen <= self.now:
            raise RequestRefused(
                f"the slot of {self.row.key}, {self.spoken(chosen)}, has come;"
                f" the next pass brings it {self.row.adopt_requested}",
                rule="slot",
            )

    def in_slot(self, pending: str, at: datetime, actor: str) -> Decision:
        """Chooses a slot, or another one instead of it."""
        row = self.row
        if row.adopt_declared == pending:
            raise RequestRefused(
                f"the publisher's manifest adopts {pending} for {row.key} already, and it wins",
                "ask the publisher to take adopt out of the manifest",
                rule="declared",
            )
        if row.release == pending:
            told = f"{row.key} runs {pending} already; nothing was changed"
            return Decision(action=_SLOT_ACTION, message=told)
        before = self.slot
        if before == at:
            told = f"{row.key} gets {pending} at {self.spoken(at)} already; nothing was changed"
            return Decision(action=_SLOT_ACTION, message=told)
        if before is not None:
            self.refuse_come(before)
        self._refuse_unfit(pending, at)
        was = f" instead of {self.spoken(before)}" if before is not None else ""
        message = f"{row.key} gets {pending} in its slot at {self.spoken(at)}{was}"
        put = replace(
            row,
            adopt_requested=pending,
            adopted_in=self.pack.record.testing_period,
            adopt_at=at,
            updated_at=self.now,
        )
        details = {
            "release": pending,
            "slot": at.isoformat(),
            "before": before.isoformat() if before is not None else None,
        }
        kind, base, now = EventKind.ACCOUNT_SLOT, self.base, self.now
        event = granted.told(kind, base, row.key, now, actor, message, details)
        return Decision(action=_SLOT_ACTION, put=put, event=event, message=message)

    def _refuse_unfit(self, pending: str, at: datetime) -> None:
        """A slot lies ahead, inside the testing period, on a whole quarter of an hour."""
        if at <= self.now:
            raise RequestRefused(
                f"a slot lies ahead; {self.spoken(at)} is over",
                "leave out --at to adopt at once",
                rule="slot",
            )
        if (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) % SLOT:
            early = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
            raise RequestRefused(
                "a slot begins on a whole quarter of an hour",
                f"for example {self.spoken(early + SLOT)}",
                rule="slot",
            )
        release = self.pack.record.releases[pending].release
        window = opening(release, self.all_packs.publisher, self.all_packs.zone)
        if window is not None and at >= window.opens_at:
            opens = self.spoken(window.opens_at)
            raise RequestRefused(
                f"a slot lies before the release window: {pending} comes to everybody at {opens}",
                "choose an earlier one",
                rule="slot",
            )
        until = self.pack.suspended_until
        if until is None or at < until:
            refuse_suspended(self.pack, self.all_packs.zone)


def _adoptable(all_packs: Standings, pack: PackStanding, row: Attached, version: str | None) -> str:
    """The pending release, if it may be adopted now."""
    record, name = pack.record, pack.record.name
    pending = record.pending
    if record.current is None or row.release is None:
        raise RequestRefused(nothing_current(pack, all_packs.zone), rule="pack-unreleased")
    if pending is None:
        if version == row.release:
            return version
        raise RequestRefused(
            f"{name} has no pending release to adopt; {row.key.account} runs {row.release}"
            f" and current is {record.current}",
            rule="not-pending",
        )
    if version is not None and version != pending:
        raise RequestRefused(
            f"{name} {version} {_unadoptable(pack, version)}; the pending release is {pending}",
            f"reconciler account adopt {row.key.account} {name}{_option(row)} --version {pending}",
            rule="not-pending",
        )
    if pack.closed and row.release != pending:
        raise RequestRefused(
            f"{name} {pending} can't be adopted any more:"
            f" {pack.life.current} waits to be released and will supersede it",
            rule="not-pending",
        )
    return pending


def _option(row: Attached) -> str:
    return f" --instance {row.key.instance}" if row.key.instance else ""


def _unadoptable(pack: PackStanding, version: str) -> str:
    record = pack.record.releases.get(version)
    if record is None:
        return "does not exist"
    if version == pack.record.current:
        return "is current already"
    if not record.declared:
        return "was withdrawn"
    if record.promoted_at is not None:
        return "was released before"
    return "was superseded" if version in pack.life.superseded else "is not pending yet"
