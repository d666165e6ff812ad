"""A revision -> its proposal from the changes alone, or from everything to prove that one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from reconciler.desired.phrases import counted
from reconciler.errors import ReconcilerError
from reconciler.model.base import InstallBase
from reconciler.model.changes import Change
from reconciler.model.outcome import Judgement
from reconciler.plan.order import ordered
from reconciler.ports import Store
from reconciler.steps.difference import difference, due_part
from reconciler.steps.due import due_plan
from reconciler.steps.propose import Proposal, judged, propose, weigh
from reconciler.steps.world import World


def narrowed(
    world: World, store: Store, revision: str, now: datetime, whole: Judgement | None = None
) -> Proposal | None:
    """The proposal of what differs from the applied revision; None when that is not enough.

    It has no error: only what looks at everything refuses a revision. `whole`: the judgement of
    everything, where there is one.
    """
    try:
        found = difference(world, store, revision, now, whole)
    except ReconcilerError:
        return None  # whoever reads everything tells what is wrong
    if found is None:
        return None
    proposal = weigh(world, found.base, found.judgement, now)
    return proposal if proposal.error is None else None


def shown(world: World, base: InstallBase, revision: str, now: datetime) -> Proposal:
    """The proposal that `plan` shows: all findings, and the plan of a pass.

    Like a pass it is made from the changes alone where that is enough, so that its cost does not
    follow the rows that stay as they are. What waits is told of all packs. `base` is everything.
    """
    proposal = judged(world, base, revision, now)
    judgement = proposal.judgement
    if judgement is None:
        return proposal
    if world.store is not None and judgement.valid:
        short = narrowed(world, world.store, revision, now, judgement)
        if short is not None and short.plan and short.base.last_event == base.last_event:
            waiting = (*short.plan.waiting, *_waiting_elsewhere(base, short.base, now))
            plan = replace(short.plan, findings=judgement.findings, waiting=ordered(waiting))
            return replace(short, base=base, judgement=judgement, plan=plan)
    return weigh(world, base, judgement, now, rewind_is_error=False)


def _waiting_elsewhere(base: InstallBase, part: InstallBase, now: datetime) -> Iterator[Change]:
    """What gates hold back in packs at which the part does not look."""
    waiting = due_plan(base, None, now).waiting
    return (change for change in waiting if change.name not in part.packs)


def proved(world: World, store: Store, revision: str, now: datetime) -> Proposal:
    """The proposal of everything; `corrected` where the changes alone come to another plan.

    That can only be when something was changed outside of passes, or by a defect of this program;
    nothing is said where an account asked for something between the two.
    """
    short = _short(world, store, revision, now)
    proposal = propose(world, store.base(), revision, now)
    if short is None or short.plan is None or proposal.plan is None:
        return proposal
    if short.base.last_event != proposal.base.last_event:
        return proposal
    missed = set(map(_content, proposal.plan.changes)) ^ set(map(_content, short.plan.changes))
    if not missed:
        return proposal
    names = ", ".join(sorted({f"{kind} {name}" for kind, name, *_ in missed})[:10])
    words = f"a complete pass comes to another plan: {counted(len(missed), 'change')}, of {names}"
    return replace(proposal, corrected=words)


def _short(world: World, store: Store, revision: str, now: datetime) -> Proposal | None:
    applied = store.applied()
    if applied is None or applied.revision != revision:
        return narrowed(world, store, revision, now)
    base = due_part(store, now)
    if base is None:
        return None
    return Proposal(revision=revision, base=base, plan=due_plan(base, None, now))


def _content(change: Change) -> tuple[str, str, str, str | None, str | None, int]:
    return (
        str(change.kind),
        change.name,
        str(change.action),
        change.before,
        change.after,
        change.attachments,
    )
