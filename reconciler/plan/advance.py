"""What carrying out a plan means, in memory: the oracle that the store's SQL is tested against."""

from dataclasses import replace
from datetime import datetime

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
    rows = {key: row for key, row in base.attachments.items() if key not in effects.uninstalled}
    rows.update((row.key, row) for row in (*effects.installed, *effects.configured))
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
