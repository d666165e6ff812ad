"""An install base, a revision's tree and now -> the plan."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reconciler.desired.attachments import membership
from reconciler.desired.gates import is_suspended, suspension_end
from reconciler.desired.renames import Renames
from reconciler.desired.targets import SLOT, Gates, Move, slot
from reconciler.model.base import (
    Alike,
    AttachmentKey,
    ComponentRecord,
    InstallBase,
)
from reconciler.model.changes import Action, Change, Effects, Gate, Plan, Rollout
from reconciler.model.declarations import IntegrationPack, Kind
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
from reconciler.plan.due import due_by_pack
from reconciler.plan.order import ordered
from reconciler.plan.packs import Moment, PackStep, pack_step, settled_step, undeclared
from reconciler.plan.rows import NAMED, Group, Population, Tally, moves, running

_SPOKEN = {
    Gate.ACCOUNT_SUSPENDED: "the account is suspended",
    Gate.HOLD: "held by its manifest",
}
# Moves that a manifest's own change may ask for, so that they tell of it.
_TELLING = frozenset({Action.INSTALL, Action.ADOPT, Action.REVERT})
_IN_ITS_SLOT = "in the maintenance slot that the account chose"
_MOVERS = {
    Action.UPGRADE: (Action.RELEASE, Action.PROMOTE),
    Action.ROLLBACK: (Action.ROLLBACK,),
}
_Mover = tuple[str, str | None, Action]  # pack, the release that it moves to, and how


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
    members: bool = True,
) -> Plan:
    """The changes that bring the install base to what `tree` says at `now`; `tree` has no errors.

    `base` is carried through `renames` already. `components` are the records of the tree's packaged
    components. `contested`: pack -> versions whose promotion a limit-refused revision disputes.
    `settling`: no release moves; what is left is to bring the rows to what the store recorded.
    `members` False: which rows there are can't have changed, since time does not change it.
    """
    builder = _Builder(base, tree, now, None if settling else (contested or {}), members)
    changes, waiting = builder.changes()
    due = due_by_pack(
        builder.steps, tree.releases, waiting, builder.slots(), now, builder.moment.zone
    )
    instants = [*due.values(), *([base.due_elsewhere] if base.due_elsewhere else [])]
    return Plan(
        revision=revision,
        store_id=base.store_id,
        now=now,
        gated=builder.gated,
        changes=changes,
        waiting=waiting,
        next_due=min(instants, default=None),
        digest=digest(base.store_id, revision, changes),
        effects=builder.effects(renames, components, due),
    )


class _Builder:
    """Everything that one plan is computed from, each part once."""

    def __init__(
        self,
        base: InstallBase,
        tree: Tree,
        now: datetime,
        contested: Mapping[str, frozenset[str]] | None,
        members: bool,
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
            now=now,
            today=today(now, self.moment.zone),
            pack_suspended=False,
        )
        self.difference: TreeDifference = difference(base.tree, tree)
        differing = membership(tree, base.attachments.every(), gated=self.gated) if members else ()
        self.population = Population(base, tree, differing, self._telling())
        self.moving_packs: set[str] = set()
        self.told_rows: set[AttachmentKey] = set()

    def _telling(self) -> frozenset[str]:
        """The attachments whose manifests differ."""
        changed = ((found.kind, found.name) for found in self.difference.put)
        gone = ((found.kind, found.name) for found in self.difference.dropped)
        return frozenset(name for kind, name in (*changed, *gone) if kind is Kind.ATTACHMENT)

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
        waiting = self._reaching(c for step in self.steps.values() for c in step.waiting)
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
        return replace(change, attachments=self.population.size(change.name))

    def _reaching(self, waiting: Iterable[Change]) -> list[Change]:
        """A release that waits counts the rows that it will move once nothing holds it back."""
        found = list(waiting)
        tally = Tally(self.population)
        for change in found:
            if change.action in (Action.RELEASE, Action.PROMOTE):
                record = replace(self.steps[change.name].record, current=change.after, pending=None)
                for group, step in self._moves(PackStep(record=record)):
                    if step.action is Action.UPGRADE and step.gate is None:
                        tally.add(group, Action.UPGRADE, None, change.after)
        reached = {(told.name, told.after): told for told in tally.changes()}
        for place, change in enumerate(found):
            told = reached.get((change.name, change.after))
            if told is not None and change.action in (Action.RELEASE, Action.PROMOTE):
                found[place] = replace(change, attachments=told.attachments, members=told.members)
        return found

    def slots(self) -> Iterator[tuple[str, datetime]]:
        """pack and instant of every slot in which rows will adopt the pack's pending release."""
        for name, step in self.steps.items():
            if step.record.pending is not None:
                for group in self.population.of(name):
                    found = slot(group.alike, step.record)
                    if found is not None:
                        yield name, found

    def _moves(self, step: PackStep) -> Iterator[tuple[Group, Move]]:
        suspended = step.record.name in self.suspended_packs
        return moves(self.population, step, self.gates, suspended=suspended)

    def _rows(self, found: list[Change]) -> Iterator[Change]:
        """Attachment changes; rows that a release moves are counted in its change, in place."""
        tally = Tally(self.population)
        for (pack, release, words), keys in self.population.removed.items():
            self.told_rows.update(keys)
            gone = Group(pack, running(release), len(keys), keys)
            tally.add(gone, Action.UNINSTALL, release, None, reason=words)
        for step in self.steps.values():
            for group, move in self._moves(step):
                self._note(group, move)
                reason, until = self._gate_words(group, move)
                tally.add(
                    group,
                    move.action,
                    move.before,
                    move.after,
                    gate=move.gate,
                    reason=reason,
                    until=until,
                    late=self._is_late(move),
                )
            self._uninstalled_rows(step, tally)
        self._configured_rows(tally)
        movers = {
            (change.name, change.after, change.action): place for place, change in enumerate(found)
        }
        for change in tally.changes():
            if not self._counted(found, movers, change):
                yield change

    def _note(self, group: Group, move: Move) -> None:
        """What a move that nothing holds back means for the plan's effects, and for its words."""
        if move.gate is not None:
            return
        self.moving_packs.add(group.pack)
        if group.keys is not None and move.action in _TELLING:
            self.told_rows.update(group.keys)

    def _uninstalled_rows(self, step: PackStep, tally: Tally) -> None:
        """Rows that wait for a first release."""
        record = step.record
        if record.current is not None:
            return
        opening = record.releases[record.pending].opens_at if record.pending else None
        for group in self.population.of(record.name):
            if group.alike.release is None:
                tally.add(
                    group,
                    Action.INSTALL,
                    None,
                    record.pending,
                    gate=Gate.FIRST_RELEASE,
                    reason="nothing of it is current yet",
                    until=opening,
                )

    def _configured_rows(self, tally: Tally) -> None:
        """Rows whose settings differ; one that moves since its manifest adopts is told by that."""
        for (pack, release, words), bucket in self.population.configured.items():
            self.told_rows.update(bucket.keys)
            group = Group(pack, running(release), bucket.rows, bucket.keys)
            tally.add(group, Action.CONFIGURE, release, release, reason=words)
        for row in self.population.readopting:
            if row.key not in self.told_rows:
                self.told_rows.add(row.key)
                group = Group(row.key.pack, running(row.release), 1, (row.key,))
                tally.add(group, Action.CONFIGURE, row.release, row.release)

    def _is_late(self, move: Move) -> bool:
        """Whether a slot is over before the row adopts in it."""
        slot = move.slot if move.gate is None else None
        return slot is not None and slot + SLOT <= self.moment.now

    def _gate_words(self, group: Group, move: Move) -> tuple[str | None, datetime | None]:
        gate = move.gate
        if gate is None:
            return (None if move.slot is None else _IN_ITS_SLOT), None
        if gate is Gate.PACK_SUSPENDED:
            suspension = self.tree.packs[group.pack].suspended
            words = f"the pack is suspended: {suspension.reason}" if suspension else None
            return words, suspension_end(suspension, self.moment.zone)
        found: Alike = group.alike
        if gate is Gate.HOLD and found.hold_until is not None:
            return f"held: {found.hold_reason}", day_start(found.hold_until, self.moment.zone)
        return _SPOKEN.get(gate), None

    def _counted(self, found: list[Change], places: Mapping[_Mover, int], change: Change) -> bool:
        """Adds the rows to the release change that moves them, if there is one in this plan."""
        if change.gate is not None:
            return False
        for action in _MOVERS.get(change.action, ()):
            place = places.get((change.name, change.after, action))
            if place is not None:
                mover = found[place]
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

    def effects(
        self,
        renames: Renames,
        components: tuple[ComponentRecord, ...],
        due: Mapping[str, datetime],
    ) -> Effects:
        base = self.base
        gone = [
            undeclared(record)
            for name, record in base.packs.items()
            if name not in self.steps and record.declared
        ]
        records = [replace(step.record, due_at=due.get(name)) for name, step in self.steps.items()]
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
            members=self.population.differing,
            rollouts=tuple(
                Rollout(
                    pack=name,
                    closed=self.steps[name].closed,
                    suspended=name in self.suspended_packs,
                )
                for name in sorted(self.moving_packs)
            ),
            suspensions={
                name: name in self.tree.suspended
                for name in sorted(base.tree.suspended ^ self.tree.suspended)
            },
        )
