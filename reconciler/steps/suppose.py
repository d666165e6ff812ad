"""A revision and an install base -> the install base had that revision been applied just now."""

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.desired.renames import carried_base, renames
from reconciler.errors import NothingYet, ReconcilerError, SourceError
from reconciler.model.base import InstallBase
from reconciler.model.changes import Plan
from reconciler.model.outcome import Judgement, PlanBase
from reconciler.model.tree import Tree
from reconciler.plan.advance import advance, recorded
from reconciler.steps.judge import Bases, judge
from reconciler.steps.propose import Proposal, propose
from reconciler.steps.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """`base`: what to plan from. `judgement`: what is wrong in the revision already."""

    base: InstallBase
    told: PlanBase
    judgement: Judgement | None = None


def supposed(world: World, base: InstallBase, asked: str, now: datetime) -> Supposed:
    """What a plan of what comes beyond `asked` starts from; writes nothing.

    Nothing is supposed where the store has that revision in force, where there was no publisher
    yet, and where the store would refuse it: then `base` it is. Raises SourceError when the
    revision can't be read, and ReconcilerError when it would be refused and there is no store.
    """
    revision = resolved_base(world, asked)
    told = PlanBase(revision=revision, in_force=base.in_force, has_store=base.store_id is not None)
    if revision is None:
        return Supposed(base=base, told=told)
    if revision == base.in_force:
        files = world.source.snapshot(revision)
        known = judge(files, Bases(), now, world.cache_folder, world.progress)
        return Supposed(base=base, told=told, judgement=known)
    found = propose(world, base, revision, now, rewind_is_error=False)
    trouble = None if found.error is None else found.error.message
    if found.plan is None or found.judgement is None:
        return _refused(found, told)
    after = _after(base, found.judgement.tree, found.plan, now)
    return Supposed(base=after, told=replace(told, trouble=trouble), judgement=found.judgement)


def resolved_base(world: World, asked: str | None) -> str | None:
    """The full commit id of a base, HEAD for None; None where there is no commit at all yet.

    Raises SourceError.
    """
    try:
        return world.source.resolve(asked)
    except NothingYet:
        return None
    except SourceError as error:
        raise unreadable(asked, error) from error


def unreadable(asked: str | None, error: SourceError) -> SourceError:
    """A base that is not in the repository, mostly because the clone is shallow."""
    name = "HEAD" if asked is None else asked or '""'
    return SourceError(
        f"the base {name} can't be read: {error.message}",
        "check its name; a shallow clone lacks what is older: check out with fetch-depth: 0",
    )


def _refused(found: Proposal, told: PlanBase) -> Supposed:
    error = found.error
    assert error is not None, "a proposal has a plan or an error"
    if told.has_store:
        told = replace(told, trouble=error.message, is_supposed=False)
        return Supposed(base=found.base, told=told, judgement=found.judgement)
    if isinstance(error, NothingYet):
        return Supposed(base=found.base, told=told)
    raise ReconcilerError(
        f"the base would be refused itself: {error.message}",
        "name a base that is valid, or an install base with --store or --snapshot",
    ) from error


def _after(base: InstallBase, tree: Tree, plan: Plan, now: datetime) -> InstallBase:
    """The rows of a store are only taken into memory where some of them change."""
    effects = plan.effects
    carried = carried_base(base, renames(base.tree, tree))
    if effects.members or effects.rollouts or effects.suspensions:
        return advance(carried, tree, plan, now)
    return recorded(carried, tree, plan, now)
