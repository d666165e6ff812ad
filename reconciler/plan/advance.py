"""What a plan, or a request, means in memory: the oracle that the store's SQL is tested against."""

from dataclasses import replace
from datetime import datetime

from reconciler.desired.attachments import membership
from reconciler.desired.targets import Gates, move, slot_kept
from reconciler.model.base import (
    Applied,
    Attached,
    AttachmentKey,
    InstallBase,
    RowsInMemory,
    alike,
)
from reconciler.model.changes import Plan
from reconciler.model.requests import Decision
from reconciler.model.tree import Tree
from reconciler.model.windows import today
from reconciler.model.zones import rules_version, zone


def advance(base: InstallBase, tree: Tree, plan: Plan, now: datetime) -> InstallBase:
    """The install base after the plan; `base` is carried through the plan's renames already."""
    after = recorded(base, tree, plan, now)
    rows = dict(base.attachments.items())
    for old, new, _ in membership(tree, base.attachments.every(), gated=plan.gated):
        if new is not None:
            rows[new.key] = new
        elif old is not None:
            del rows[old.key]
    _roll_out(rows, after, plan, now)
    return replace(after, attachments=RowsInMemory(rows, tree.suspended))


def granted(base: InstallBase, decision: Decision) -> InstallBase:
    """The install base after an account's request; a slot makes its pack due in time."""
    rows = dict(base.attachments.items())
    packs, applied = dict(base.packs), base.applied
    if decision.put is not None:
        row, before = decision.put, rows.get(decision.put.key)
        rows[row.key] = row
        slot = row.adopt_at
        if slot is not None and (before is None or before.adopt_at != slot):
            record = packs[row.key.pack]
            packs[row.key.pack] = replace(record, due_at=min(slot, record.due_at or slot))
            if applied is not None:
                applied = replace(applied, next_due=min(slot, applied.next_due or slot))
    if decision.removed is not None:
        del rows[decision.removed]
    copies = base.copies + ((decision.copy,) if decision.copy is not None else ())
    kept = RowsInMemory(rows, base.tree.suspended)
    return replace(base, applied=applied, packs=packs, attachments=kept, copies=copies)


def recorded(base: InstallBase, tree: Tree, plan: Plan, now: datetime) -> InstallBase:
    """The same after acceptance alone, with the rows as they were."""
    effects = plan.effects
    components = {(record.component, record.version): record for record in effects.components}
    return replace(
        base,
        applied=Applied(
            revision=plan.revision,
            applied_at=now,
            passed_at=now,
            settled=True,
            next_due=plan.next_due,
            zone_rules=rules_version(),
        ),
        tree=tree,
        packs={**base.packs, **{record.name: record for record in effects.packs}},
        components={**base.components, **components},
    )


def _roll_out(
    rows: dict[AttachmentKey, Attached], after: InstallBase, plan: Plan, now: datetime
) -> None:
    day = today(now, zone(after.tree.publisher.time_zone))
    rollouts = {rollout.pack: rollout for rollout in plan.effects.rollouts}
    for key, row in rows.items():
        rollout = rollouts.get(key.pack)
        if rollout is not None:
            gates = Gates(enforced=plan.gated, now=now, today=day, pack_suspended=rollout.suspended)
            like = alike(row, suspended=key.account in after.tree.suspended)
            record = after.packs[key.pack]
            found = move(like, record, gates, closed=rollout.closed)
            if found is not None and found.gate is None:
                kept = slot_kept(row, record, now)
                rows[key] = replace(row, release=found.after, adopt_at=kept)
