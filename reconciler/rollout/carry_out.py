"""A plan -> the store: accepted in one transaction, its rows moved in bounded ones."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from reconciler.desired.attachments import membership
from reconciler.model.base import InstallBase
from reconciler.model.changes import Action, Member, Plan
from reconciler.model.events import EventDraft
from reconciler.model.tree import Tree
from reconciler.model.windows import today
from reconciler.model.zones import rules_version, zone
from reconciler.ports import Acceptance, Progress, Session
from reconciler.rollout.events import plan_events

_UNIT = "attachments"
_FEW_PACKS = 5
_SHOWN_AT_ONCE = 500
_MOVING = frozenset(
    {
        Action.RELEASE,
        Action.PROMOTE,
        Action.ROLLBACK,
        Action.INSTALL,
        Action.UPGRADE,
        Action.ADOPT,
        Action.REVERT,
    }
)


def accept(
    session: Session,
    base: InstallBase,
    tree: Tree,
    plan: Plan,
    actor: str,
    extra: tuple[EventDraft, ...] = (),
) -> frozenset[str]:
    """Makes the plan binding: whatever is killed afterwards, the next pass finishes it.

    Returns the accounts that asked for something after `base` was read; see Session.accept.
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
        told = _told(members, effects.members, progress)
        moved = session.membership(told, plan.now, actor).attachments
    with _bars(plan, progress) as advance:
        moved += session.roll_out(
            effects.rollouts,
            gated=plan.gated,
            today=today(plan.now, zone(tree.publisher.time_zone)),
            at=plan.now,
            actor=actor,
            progress=advance,
        ).attachments
    return moved


def _told(members: Iterable[Member], total: int, progress: Progress | None) -> Iterator[Member]:
    """The rows that come, go or change, while a bar shows how many of them are written."""
    if progress is None:
        yield from members
        return
    bar = progress.begin("members", total, _UNIT)
    stream = iter(members)
    while some := tuple(islice(stream, _SHOWN_AT_ONCE)):
        yield from some
        bar.advance(len(some))
    bar.end()


@contextmanager
def _bars(plan: Plan, progress: Progress | None) -> Iterator[Callable[[str, int], None] | None]:
    """A bar for each pack when they are few, else one for all of them."""
    if progress is None or not plan.effects.rollouts:
        yield None
        return
    totals = dict.fromkeys((rollout.pack for rollout in plan.effects.rollouts), 0)
    for change in plan.changes:
        if change.action in _MOVING and change.name in totals:
            totals[change.name] += change.attachments
    if len(totals) > _FEW_PACKS:
        of_all = progress.begin(f"{len(totals):,} packs", sum(totals.values()), _UNIT)
        bars = dict.fromkeys(totals, of_all)
    else:
        bars = {
            pack: progress.begin(_label(plan, pack), total, _UNIT) for pack, total in totals.items()
        }
    try:
        yield lambda pack, rows: bars[pack].advance(rows)
    finally:
        for bar in dict.fromkeys(bars.values()):
            bar.end()


def _label(plan: Plan, pack: str) -> str:
    releases = {c.after for c in plan.changes if c.name == pack and c.action in _MOVING and c.after}
    return f"{pack} {', '.join(sorted(releases))}".strip()
