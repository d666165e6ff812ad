"""A revision -> its proposal from the changes alone, or from everything to prove that one."""

from dataclasses import replace
from datetime import datetime

from reconciler.desired.phrases import counted
from reconciler.errors import ReconcilerError
from reconciler.model.changes import Change
from reconciler.ports import Store
from reconciler.steps.difference import difference, due_part
from reconciler.steps.due import due_plan
from reconciler.steps.propose import Proposal, propose, weigh
from reconciler.steps.world import World


def narrowed(world: World, store: Store, revision: str, now: datetime) -> Proposal | None:
    """The proposal of what differs from the applied revision; None when that is not enough.

    It has no error: only what looks at everything refuses a revision.
    """
    try:
        found = difference(world, store, revision, now)
    except ReconcilerError:
        return None  # whoever reads everything tells what is wrong
    if found is None:
        return None
    proposal = weigh(world, found.base, found.judgement, now)
    return proposal if proposal.error is None else None


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
