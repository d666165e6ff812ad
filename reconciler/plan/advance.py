"""What carrying out a plan means, in memory: the oracle that the store's SQL is tested against."""

from dataclasses import replace
from datetime import datetime

from reconciler.desired.attachments import membership
from reconciler.desired.targets import Gates, move
from reconciler.model.base import Applied, InstallBase, RowsInMemory, alike
from reconciler.model.changes import Plan
from reconciler.model.tree import Tree
from reconciler.model.windows import today
from reconciler.model.zones import rules_version, zone


def advance(base: InstallBase, tree: Tree, plan: Plan, now: datetime) -> InstallBase:
    """The install base after the plan; `base` is carried through the plan's renames already."""
    effects = plan.effects
    packs = {**base.packs, **{record.name: record for record in effects.packs}}
    rows = dict(base.attachments.items())
    for before, after, _ in membership(tree, base.attachments.every(), gated=plan.gated):
        if after is not None:
            rows[after.key] = after
        elif before is not None:
            del rows[before.key]
    for rollout in effects.rollouts:
        gates = Gates(
            enforced=plan.gated,
            today=today(now, zone(tree.publisher.time_zone)),
            pack_suspended=rollout.suspended,
        )
        for key, row in rows.items():
            if key.pack == rollout.pack:
                like = alike(row, suspended=key.account in tree.suspended)
                found = move(like, packs[rollout.pack], gates, closed=rollout.closed)
                if found is not None and found.gate is None:
                    rows[key] = replace(row, release=found.after)
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
        packs=packs,
        components={**base.components, **components},
        attachments=RowsInMemory(rows, tree.suspended),
    )
