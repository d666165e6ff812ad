"""A plan -> the store: accepted in one transaction, its rows moved in bounded ones."""

from reconciler.desired.attachments import membership
from reconciler.model.base import InstallBase
from reconciler.model.changes import Action, Plan
from reconciler.model.events import EventDraft
from reconciler.model.tree import Tree
from reconciler.model.windows import today
from reconciler.model.zones import rules_version, zone
from reconciler.ports import Acceptance, Progress, Session
from reconciler.rollout.events import plan_events

_MOVING = frozenset(
    {Action.RELEASE, Action.PROMOTE, Action.ROLLBACK, Action.UPGRADE, Action.ADOPT, Action.REVERT}
)


def accept(
    session: Session,
    base: InstallBase,
    tree: Tree,
    plan: Plan,
    actor: str,
    extra: tuple[EventDraft, ...] = (),
) -> bool:
    """Makes the plan binding: whatever is killed afterwards, the next pass finishes it.

    True when an account asked for something after `base` was read; see Session.accept.
    """
    return session.accept(
        Acceptance(
            plan=plan,
            actor=actor,
            events=plan_events(base, tree, plan, actor) + extra,
            zone_rules=rules_version(),
            seen=base.last_event,
        )
    )


def roll_out(
    session: Session,
    base: InstallBase,
    tree: Tree,
    plan: Plan,
    actor: str,
    progress: Progress | None = None,
) -> int:
    """Brings the rows to what the accepted plan says; returns how many it moved.

    Finishes what an earlier pass began, too: everything here can be repeated.
    """
    effects = plan.effects
    moved = 0
    if effects.members:
        members = membership(tree, base.attachments.every(), gated=plan.gated)
        moved = session.membership(members, plan.now, actor).attachments
    day = today(plan.now, zone(tree.publisher.time_zone))
    totals: dict[str, int] = {}
    for change in plan.changes:
        if change.action in _MOVING:
            totals[change.name] = totals.get(change.name, 0) + change.attachments
    for rollout in effects.rollouts:
        if progress is not None:
            progress.begin(_label(plan, rollout.pack), totals.get(rollout.pack, 0), "attachments")
        moved += session.roll_out(
            rollout,
            gated=plan.gated,
            today=day,
            at=plan.now,
            actor=actor,
            progress=None if progress is None else progress.advance,
        ).attachments
        if progress is not None:
            progress.end()
    return moved


def _label(plan: Plan, pack: str) -> str:
    releases = {c.after for c in plan.changes if c.name == pack and c.action in _MOVING and c.after}
    return f"{pack} {', '.join(sorted(releases))}".strip()
