"""An install base, a revision's tree and now -> the plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler.desired.attachments import Membership, membership
from reconciler.desired.gates import is_suspended, suspension_end
from reconciler.desired.renames import Renames
from reconciler.desired.targets import Gates
from reconciler.model.base import Attached, AttachmentKey, ComponentRecord, InstallBase
from reconciler.model.changes import Action, Change, Effects, Gate, Plan, Rollout
from reconciler.model.declarations import AccountStatus, IntegrationPack, Kind
from reconciler.model.tree import Tree
from reconciler.model.windows import day_start, today
from reconciler.model.zones import zone
from reconciler.plan.declarations import (
    TreeDifference,
    declaration_changes,
    difference,
    paths,
)
from reconciler.plan.digest import digest
from reconciler.plan.due import next_due
from reconciler.plan.order import ordered
from reconciler.plan.packs import Moment, PackStep, pack_step, settled_step, undeclared
from reconciler.plan.rows import NAMED, Tally, moves

_SPOKEN = {
    Gate.ACCOUNT_SUSPENDED: "the account is suspended",
    Gate.HOLD: "held by its manifest",
}
# Moves that a manifest's own change may ask for, so that they tell of it.
_TELLING = frozenset({Action.INSTALL, Action.ADOPT, Action.REVERT})
_MOVERS = {
    Action.UPGRADE: frozenset({Action.RELEASE, Action.PROMOTE}),
    Action.ROLLBACK: frozenset({Action.ROLLBACK}),
}


def plan(
    base: InstallBase,
    tree: Tree,
    *,
    revision: str,
    now: datetime,
    renames: Renames,
    components: tuple[ComponentRecord, ...] = (),
    contested: Mapping[str, frozenset[str]] | None = None,
    settling: bool = False,
) -> Plan:
    """The changes that bring the install base to what `tree` says at `now`; `tree` has no errors.

    `base` is carried through `renames` already. `components` are the records of the tree's packaged
    components. `contested`: pack -> versions whose promotion a limit-refused revision disputes.
    `settling`: no release moves; what is left is to bring the rows to what the store recorded.
    """
    builder = _Builder(base, tree, now, None if settling else (contested or {}))
    changes, waiting = builder.changes()
    return Plan(
        revision=revision,
        store_id=base.store_id,
        now=now,
        gated=builder.gated,
        changes=changes,
        waiting=waiting,
        next_due=next_due(builder.steps, tree.releases, waiting, now, builder.moment.zone),
        digest=digest(base.store_id, revision, changes),
        effects=builder.effects(renames, components),
    )


class _Builder:
    """Everything that one plan is computed from, each part once."""

    def __init__(
        self,
        base: InstallBase,
        tree: Tree,
        now: datetime,
        contested: Mapping[str, frozenset[str]] | None,
    ) -> None:
        self.base, self.tree = base, tree
        self.gated = base.applied is not None and base.applied.gated
        publisher = tree.publisher
        self.moment = Moment(
            publisher=publisher, zone=zone(publisher.time_zone), now=now, gated=self.gated
        )
        self.steps = {name: self._step(spec, contested) for name, spec in tree.packs.items()}
        self.suspended_packs = frozenset(
            name
            for name, spec in tree.packs.items()
            if self.gated and is_suspended(spec.suspended, self.moment.zone, now)
        )
        self.gates = Gates(
            enforced=self.gated,
            today=today(now, self.moment.zone),
            pack_suspended=False,
            suspended_accounts=frozenset(
                name
                for name, spec in tree.accounts.items()
                if spec.status is AccountStatus.SUSPENDED
            ),
        )
        self.membership: Membership = membership(tree, base.attachments, gated=self.gated)
        self.rows_by_pack = Counter(key.pack for key in self.membership.rows)
        self.difference: TreeDifference = difference(base.tree, tree)
        self.first_releases: dict[AttachmentKey, str] = {}
        self.moving_packs: set[str] = set()
        self.told_rows: set[AttachmentKey] = set()

    def _step(
        self, spec: IntegrationPack, contested: Mapping[str, frozenset[str]] | None
    ) -> PackStep:
        known = self.base.packs.get(spec.name)
        releases = self.tree.releases.get(spec.name, {})
        if contested is None and known is not None:
            return settled_step(known, releases, self.moment)
        disputed = (contested or {}).get(spec.name, frozenset())
        return pack_step(spec, known, releases, self.moment, disputed)

    def changes(self) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
        found = [self._sized(change) for step in self.steps.values() for change in step.changes]
        waiting = [
            self._reaching(change) for step in self.steps.values() for change in step.waiting
        ]
        for change in self._rows(found):
            (waiting if change.gate else found).append(change)
        found += declaration_changes(self.base.tree, self.difference, self._told(found))
        places = paths(self.tree)
        return (
            ordered(self._placed(change, places) for change in found),
            ordered(self._placed(change, places) for change in waiting),
        )

    def _sized(self, change: Change) -> Change:
        """A schedule counts the attachments that the release will reach."""
        if change.action not in (Action.SCHEDULE, Action.RESCHEDULE):
            return change
        return replace(change, attachments=self.rows_by_pack[change.name])

    def _reaching(self, change: Change) -> Change:
        """A release that waits counts the rows that it will move once nothing holds it back."""
        if change.action not in (Action.RELEASE, Action.PROMOTE):
            return change
        record = replace(self.steps[change.name].record, current=change.after, pending=None)
        released = {change.name: PackStep(record=record)}
        rows = [row for row in self.membership.rows.values() if row.key.pack == change.name]
        reached = [
            row
            for row, step in moves(rows, released, self.gates, self.suspended_packs)
            if step.action is Action.UPGRADE and step.gate is None
        ]
        names = tuple(str(row.key) for row in reached[:NAMED])
        return replace(change, attachments=len(reached), members=names)

    def _rows(self, found: list[Change]) -> Iterator[Change]:
        """Attachment changes; rows that a release moves are counted in its change, in place."""
        tally = Tally()
        for key, words in self.membership.removed.items():
            row = self.base.attachments[key]
            self.told_rows.add(key)
            tally.add(row, Action.UNINSTALL, row.release, None, reason=words)
        for row, step in moves(
            self.membership.rows.values(), self.steps, self.gates, self.suspended_packs
        ):
            if step.gate is None:
                self.moving_packs.add(row.key.pack)
                if step.action in _TELLING:
                    self.told_rows.add(row.key)
                if row.release is None:
                    self.first_releases[row.key] = step.after
            reason, until = self._gate_words(row, step.gate)
            tally.add(
                row,
                step.action,
                step.before,
                step.after,
                gate=step.gate,
                reason=reason,
                until=until,
            )
        self._idle_rows(tally)
        for change in tally.changes():
            if not self._counted(found, change):
                yield change

    def _idle_rows(self, tally: Tally) -> None:
        """Rows that wait for a first release, and rows whose settings differ."""
        for key, row in self.membership.rows.items():
            before = self.base.attachments.get(key)
            record = self.steps[key.pack].record
            if record.current is None and row.release is None:
                opening = record.releases[record.pending].opens_at if record.pending else None
                words = "nothing of it is current yet"
                tally.add(
                    row,
                    Action.INSTALL,
                    None,
                    record.pending,
                    gate=Gate.FIRST_RELEASE,
                    reason=words,
                    until=opening,
                )
            if before is None or before is row or before == row:
                continue
            if not self._only_adopts(before, row):
                self.told_rows.add(key)
                tally.add(
                    row, Action.CONFIGURE, row.release, row.release, reason=_told_by(before, row)
                )

    def _only_adopts(self, before: Attached, row: Attached) -> bool:
        """Whether all that differs is the manifest's adopt, and the row moves because of it."""
        alike = replace(before, adopt_declared=row.adopt_declared) == row
        return alike and row.key in self.told_rows

    def _gate_words(self, row: Attached, gate: Gate | None) -> tuple[str | None, datetime | None]:
        if gate is None:
            return None, None
        if gate is Gate.PACK_SUSPENDED:
            suspension = self.tree.packs[row.key.pack].suspended
            words = f"the pack is suspended: {suspension.reason}" if suspension else None
            return words, suspension_end(suspension, self.moment.zone)
        if gate is Gate.HOLD and row.hold_until is not None:
            return f"held: {row.hold_reason}", day_start(row.hold_until, self.moment.zone)
        return _SPOKEN.get(gate), None

    def _counted(self, found: list[Change], change: Change) -> bool:
        """Adds the rows to the release change that moves them, if there is one in this plan."""
        movers = _MOVERS.get(change.action, frozenset())
        if change.gate is not None or not movers:
            return False
        for place, mover in enumerate(found):
            if mover.action in movers and mover.name == change.name and mover.after == change.after:
                names = mover.members + change.members
                found[place] = replace(
                    mover,
                    attachments=mover.attachments + change.attachments,
                    members=names if mover.destructive else names[:NAMED],
                )
                return True
        return False

    def _told(self, found: list[Change]) -> frozenset[tuple[Kind, str]]:
        """Declarations without a change of their own: release and attachment changes tell them."""
        told: set[tuple[Kind, str]] = set()
        for change in found:
            if change.kind is Kind.RELEASE and change.release is not None:
                told.add((Kind.RELEASE, f"{change.name}@{change.release}"))
                if change.action is Action.ROLLBACK and change.before is not None:
                    told.add((Kind.RELEASE, f"{change.name}@{change.before}"))
        told.update((Kind.ATTACHMENT, str(key)) for key in self.told_rows)
        return frozenset(told)

    def _placed(self, change: Change, places: Mapping[tuple[Kind, str], str]) -> Change:
        name = change.name
        if change.kind is Kind.RELEASE and change.release is not None:
            name = f"{change.name}@{change.release}"
        elif change.kind is Kind.ATTACHMENT and len(change.members) == 1:
            name = change.members[0]
        path = places.get((change.kind, name))
        return change if path is None else replace(change, path=path)

    def effects(self, renames: Renames, components: tuple[ComponentRecord, ...]) -> Effects:
        base = self.base
        gone = [
            undeclared(record)
            for name, record in base.packs.items()
            if name not in self.steps and record.declared
        ]
        records = [step.record for step in self.steps.values()]
        rows = self.membership.rows
        return Effects(
            renames=renames,
            put=self.difference.put,
            dropped=tuple((found.kind, found.name) for found in self.difference.dropped),
            components=tuple(
                record
                for record in components
                if (record.component, record.version) not in base.components
            ),
            packs=tuple(r for r in [*records, *gone] if base.packs.get(r.name) != r),
            uninstalled=tuple(self.membership.removed),
            installed=tuple(
                replace(row, release=self.first_releases.get(key))
                for key, row in rows.items()
                if key not in base.attachments
            ),
            configured=tuple(
                row
                for key, row in rows.items()
                if (before := base.attachments.get(key)) is not None
                and before is not row
                and before != row
            ),
            rollouts=tuple(
                Rollout(
                    pack=name,
                    closed=self.steps[name].closed,
                    suspended=name in self.suspended_packs,
                )
                for name in sorted(self.moving_packs)
            ),
            suspended_accounts=self.gates.suspended_accounts,
        )


def _told_by(before: Attached, row: Attached) -> str | None:
    """Why a row's settings are written, where that is not the manifest's plain content."""
    if before.origin is not row.origin:
        return f"now declared by {row.origin}, before by {before.origin}"
    if before.entitled and not row.entitled:
        return "the account is not entitled any more"
    if row.entitled and not before.entitled:
        return "the account is entitled again"
    return None
