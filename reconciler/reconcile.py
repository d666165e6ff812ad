"""The spine: a revision and an install base -> findings, a plan, and the install base made so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.desired.renames import carried_base
from reconciler.errors import NothingYet, ReconcilerError, RowsSetAside, SourceError, StalePlan
from reconciler.model.base import Applied, InstallBase
from reconciler.model.branches import Edits
from reconciler.model.changes import Plan
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.memory import paused_gc
from reconciler.model.outcome import Judgement, PassOutcome
from reconciler.model.zones import rules_version
from reconciler.plan.build import plan as planned
from reconciler.plan.digest import digest
from reconciler.ports import Part, Session, Snapshot, Store
from reconciler.rollout.carry_out import accept, roll_out
from reconciler.steps.complete import narrowed, proved, shown
from reconciler.steps.difference import due_part
from reconciler.steps.due import due_plan, event, refuse
from reconciler.steps.idle import Asked, asked_for, nothing_to_do
from reconciler.steps.judge import Bases, bases_of, compared, judge, tree_of, warm
from reconciler.steps.propose import Proposal, propose
from reconciler.steps.suppose import resolved_base, supposed, unreadable
from reconciler.steps.weighing import impacts_of
from reconciler.steps.world import World, asked_revision, needed_store, snapshot_of


@paused_gc()
def validate(world: World, *, base: str | None = None, worktree: bool = False) -> Judgement:
    """Judges a revision, or the working tree, against `base`, the store's revision or HEAD."""
    now = world.clock.now()
    source = world.source
    store = world.store.base() if world.store is not None else None
    in_force = store.in_force if store is not None else None
    snapshot = (
        source.worktree() if worktree else snapshot_of(world, asked_revision(world), in_force)
    )

    def judged(files: Snapshot, against: Bases) -> Judgement:
        return judge(files, against, now, world.cache_folder, world.progress)

    if base is None and not (worktree and warm(store) is None):
        return judged(snapshot, bases_of(store))
    before = _base_snapshot(world, base)
    if before is None:
        # A publisher's first commits: nothing to compare with, and all of it is new.
        judgement = judged(snapshot, Bases(store=warm(store)))
        return compared(judgement, replace(judgement, findings=()))
    known = judged(before, Bases())
    return compared(judged(snapshot, Bases(base=known.tree, store=warm(store))), known)


@paused_gc()
def rehearse(
    world: World, edits: Edits, revision: str | None, store: InstallBase | None
) -> Judgement:
    """Judges what a revision, None for the working copy, would be with edits; writes nothing.

    Change rules compare with the revision that the store has applied, else with HEAD.
    """
    bases = bases_of(store)
    if bases.base is None:
        before = _base_snapshot(world, None)
        bases = Bases(base=tree_of(before, world.cache_folder) if before is not None else None)
    snapshot = world.source.edited(edits, revision)
    return judge(snapshot, bases, world.clock.now(), world.cache_folder, world.progress)


@paused_gc()
def preview(world: World, *, beyond: str | None = None) -> PassOutcome:
    """What a pass would do now; writes nothing. Without a store it plans from empty.

    It looks at everything, so that all findings are told. `beyond`: what it would do had that
    revision been applied just now (SPEC section 9, plan --base).
    """
    now = world.clock.now()
    stored = world.store.base() if world.store is not None else InstallBase()
    revision = asked_revision(world)
    start = None if beyond is None else supposed(world, stored, beyond, now)
    base = stored if start is None else start.base
    if base is stored:
        proposal = shown(world, base, revision, now)
    else:
        proposal = propose(world, base, revision, now, rewind_is_error=False)
    judgement = proposal.judgement
    if start is not None and start.judgement is not None and judgement is not None:
        judgement = compared(judgement, start.judgement)
    plan, tree = proposal.plan, base.tree
    if plan is None and base.applied is not None:
        plan = due_plan(base, proposal, now)
    elif proposal.judgement is not None:
        tree = proposal.judgement.tree
    return PassOutcome(
        revision=revision,
        in_force=stored.in_force,
        plan=plan,
        findings=judgement.findings if judgement else (),
        error=proposal.error,
        next_due=plan.next_due if plan else None,
        base=base,
        plan_base=None if start is None else start.told,
        impacts=impacts_of(world, base, tree, plan, now) if plan is not None else (),
    )


@paused_gc()
def reconcile(
    world: World,
    *,
    expected: Mapping[str, Any] | None = None,
    complete: bool = False,
    asked: Asked | None = None,
) -> PassOutcome:
    """One pass (SPEC section 7). `expected` is a saved plan, which must still be the plan.

    A revision that can't be resolved or accepted does not stop what is due under the applied one;
    the outcome's error then tells the revision's fate. `complete`: the pass looks at everything,
    and tells of whatever a look at the changes alone would have missed. `asked`: what was asked
    for, where the caller has found that there may be work. Raises ReconcilerError when nothing
    could be done at all.
    """
    store = needed_store(world)
    now = world.clock.now()
    if asked is None:
        asked = asked_for(world)
        outcome = None if expected or complete else nothing_to_do(world, asked)
        if outcome is not None:
            return outcome
    revision, trouble = asked
    with store.session(world.settings.lease_wait_seconds) as session:
        finished = _finished(world, session, revision, now)
        if revision is None:
            proposal = _due(store, "", now, error=trouble)
        elif complete or expected is not None:
            proposal = proved(world, store, revision, now)
        else:
            proposal = _shortest(world, store, revision, now)
        _expect(expected, proposal)
        outcome = _carry_out(world, session, proposal, now)
    return _with_finished(outcome, finished, now)


def _shortest(world: World, store: Store, revision: str, now: datetime) -> Proposal:
    """What a look at the changes alone comes to, where that is enough; else at everything."""
    applied = store.applied()
    if applied is not None and applied.revision == revision:
        return _due(store, revision, now)
    return narrowed(world, store, revision, now) or propose(world, store.base(), revision, now)


def _due(
    store: Store, revision: str, now: datetime, *, error: ReconcilerError | None = None
) -> Proposal:
    """Nothing new is asked for: what is due by itself, planned later where an error is told."""
    base = due_part(store, now) or store.base()
    plan = None if error is not None else due_plan(base, None, now)
    return Proposal(revision=revision, base=base, plan=plan, error=error)


def _carry_out(world: World, session: Session, proposal: Proposal, now: datetime) -> PassOutcome:
    actor, base = world.settings.actor, proposal.base
    error, plan = proposal.error, proposal.plan
    extra: tuple[EventDraft, ...] = ()
    tree = proposal.judgement.tree if proposal.judgement else base.tree
    if error is not None:
        if base.applied is None:
            return _outcome(proposal, None, 0)
        plan, tree = due_plan(base, proposal, now), base.tree
        extra = refuse(session, base, proposal, plan, actor)
    assert plan is not None, "a proposal has a plan or an error"
    if error is None:
        extra = _told(proposal, plan, now, actor)
        if base.applied is not None and base.applied.revision != plan.revision:
            world.source.keep(plan.revision)
    if plan.effects.empty and not plan.changes and not proposal.corrected:
        if _differs(base.applied, plan):
            session.record(plan.revision, plan, rules_version())
        return _outcome(proposal, plan, 0)
    carried = carried_base(base, plan.effects.renames)
    asked = accept(session, carried, tree, plan, actor, extra)
    moved = roll_out(session, base, tree, plan, actor, world.progress)
    if asked:
        moved += _settled(world, session, asked)
    else:
        session.settle(plan.next_due, plan.now)
    return _outcome(proposal, plan, moved)


def _told(proposal: Proposal, plan: Plan, now: datetime, actor: str) -> tuple[EventDraft, ...]:
    """What was overridden by hand, and what a complete pass found."""
    words = (
        (EventKind.OVERRIDE, proposal.overridden),
        (EventKind.CORRECTED, proposal.corrected),
    )
    return tuple(event(kind, plan.revision, told, now, actor) for kind, told in words if told)


def _finished(world: World, session: Session, revision: str | None, now: datetime) -> int:
    """What an earlier pass left is moved first; rows that can't be moved keep nothing else back.

    Raises RowsSetAside where there is nothing else to do.
    """
    try:
        return _settled(world, session)
    except RowsSetAside:
        applied = needed_store(world).applied()
        assert applied is not None, "what is left was accepted once"
        due = applied.next_due is not None and applied.next_due <= now
        # A cold store's first pass consults no gates, so that one has to be finished.
        if not applied.gated or not (due or revision not in (None, applied.revision)):
            raise
        return 0


def _settled(world: World, session: Session, accounts: frozenset[str] = frozenset()) -> int:
    """Finishes what was accepted and not rolled out, as of its own instant.

    Everything is looked at, or only these `accounts` with their packs. Returns the rows that were
    left to move.
    """
    store = needed_store(world)
    applied = store.applied()
    if applied is None or applied.settled:
        return 0
    base = store.part(Part(now=applied.passed_at, accounts=accounts)) if accounts else None
    base = base or store.base()
    plan = planned(
        base,
        base.tree,
        revision=applied.revision,
        now=applied.passed_at,
        renames={},
        settling=True,
    )
    moved = roll_out(session, base, base.tree, plan, world.settings.actor, world.progress)
    session.settle(plan.next_due, plan.now)
    return moved


def _with_finished(outcome: PassOutcome, finished: int, now: datetime) -> PassOutcome:
    """Counts the rows of a killed pass, too, for the pass that moved them."""
    if not finished:
        return outcome
    run = outcome.run or _run_id(now, outcome.plan.digest if outcome.plan else "finished")
    return replace(outcome, moved=outcome.moved + finished, run=run)


def _run_id(now: datetime, digest: str) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}"


def _differs(applied: Applied | None, plan: Plan) -> bool:
    return applied is None or (
        (applied.revision, applied.next_due, applied.zone_rules)
        != (plan.revision, plan.next_due, rules_version())
    )


def _expect(expected: Mapping[str, Any] | None, proposal: Proposal) -> None:
    if expected is None or proposal.plan is None:
        return
    plan, base = proposal.plan, proposal.base
    fitting = {plan.digest}
    if base.applied is None:
        fitting.add(digest(None, plan.revision, plan.changes))
    if expected.get("digest") not in fitting:
        raise StalePlan(
            "the plan is stale: it would not do today what it says",
            "make a new one with reconciler plan --out FILE, and look at it again",
        )


def _outcome(proposal: Proposal, plan: Plan | None, moved: int) -> PassOutcome:
    base = proposal.base
    accepted = proposal.error is None
    wrote = plan is not None and bool(plan.changes)
    return PassOutcome(
        revision=proposal.revision or None,
        in_force=proposal.revision if accepted else base.in_force,
        plan=plan,
        findings=proposal.judgement.findings if proposal.judgement else (),
        error=proposal.error,
        moved=moved,
        late=sum(c.attachments for c in plan.changes if c.late) if plan else 0,
        run=_run_id(plan.now, plan.digest) if plan and wrote else None,
        next_due=plan.next_due if plan else None,
        base=base,
        corrected=proposal.corrected if accepted else None,
    )


def _base_snapshot(world: World, base: str | None) -> Snapshot | None:
    """The base named, else HEAD; None where there was no publisher yet."""
    revision = resolved_base(world, base)
    try:
        return None if revision is None else world.source.snapshot(revision)
    except NothingYet:
        return None
    except SourceError as error:
        raise unreadable(base, error) from error
