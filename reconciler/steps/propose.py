"""A revision and an install base -> what the revision would do, or why it must not."""

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.desired.fingerprint import fingerprint
from reconciler.desired.phrases import counted
from reconciler.desired.renames import carried_base, renames
from reconciler.errors import (
    InvalidRevision,
    ReconcilerError,
    RefusedByLimit,
    SourceError,
    StalePlan,
)
from reconciler.model.base import ComponentRecord, InstallBase
from reconciler.model.changes import Plan
from reconciler.model.declarations import Kind
from reconciler.model.findings import Severity
from reconciler.model.outcome import Judgement
from reconciler.model.tree import Tree
from reconciler.model.zones import zone
from reconciler.plan.build import plan as planned
from reconciler.plan.declarations import difference
from reconciler.plan.safety import overruns, way_out
from reconciler.steps.judge import bases_of, judge
from reconciler.steps.world import World, snapshot_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a revision would do. `error` says why it is refused; `plan` is then of little worth.

    `base` is what it was compared with, perhaps a part. `judgement` None when nothing could be
    read. `descends`: from the applied revision; True too where nobody could tell. `overridden` and
    `corrected` are told in events beside the plan.
    """

    revision: str
    base: InstallBase
    judgement: Judgement | None = None
    plan: Plan | None = None
    error: ReconcilerError | None = None
    descends: bool = True
    overridden: str | None = None
    corrected: str | None = None


def propose(
    world: World, base: InstallBase, revision: str, now: datetime, *, rewind_is_error: bool = True
) -> Proposal:
    """Reads, judges, plans and guards one revision; writes nothing, raises nothing.

    The first trouble that fits, in the order of SPEC section 9's exit codes, is the proposal's.
    """
    found = judged(world, base, revision, now)
    if found.judgement is None:
        return found
    return weigh(world, base, found.judgement, now, rewind_is_error=rewind_is_error)


def judged(world: World, base: InstallBase, revision: str, now: datetime) -> Proposal:
    """Reads and judges one revision: a proposal that has a judgement and no plan, or an error."""
    try:
        files = snapshot_of(world, revision, base.in_force)
        judgement = judge(files, bases_of(base), now, world.cache_folder, world.progress)
    except ReconcilerError as error:
        return Proposal(revision=revision, base=base, error=error)
    return Proposal(revision=revision, base=base, judgement=judgement)


def weigh(
    world: World,
    base: InstallBase,
    judgement: Judgement,
    now: datetime,
    *,
    rewind_is_error: bool = True,
) -> Proposal:
    """Plans and guards a revision that was judged; `base` may be the part that it touches."""
    assert judgement.revision is not None, "the working tree is never applied"
    tree, revision = judgement.tree, judgement.revision
    try:
        descends = _descends(world, base, tree, revision)
    except ReconcilerError as error:
        return Proposal(revision=revision, base=base, error=error)
    found = Proposal(revision=revision, base=base, judgement=judgement, descends=descends)
    if not descends and rewind_is_error and not world.settings.allow_rewind:
        return replace(found, error=_rewinds(revision))
    if _is_empty(tree, base):
        return replace(found, judgement=None, error=_empty(base, revision))
    if not judgement.valid:
        return replace(found, error=invalid(judgement))
    names = renames(base.tree, tree)
    plan = planned(
        carried_base(base, names),
        tree,
        revision=revision,
        now=now,
        renames=names,
        components=_component_records(tree),
    )
    plan = replace(plan, findings=judgement.findings, descends=descends)
    limited, overridden = _guarded(world, base, tree, plan)
    return replace(found, plan=plan, error=limited, overridden=overridden)


def _rewinds(revision: str) -> StalePlan:
    return StalePlan(
        f"revision {revision[:12]} does not descend from the applied one",
        "history was rewritten, or an older revision was asked for: --allow-rewind",
    )


def invalid(judgement: Judgement) -> InvalidRevision:
    """Why a revision with errors, or a working tree, is not looked at any further."""
    errors = sum(1 for found in judgement.findings if found.severity is Severity.ERROR)
    said = counted(errors, "error")
    if judgement.revision is None:
        hint = "reconciler validate --worktree tells them"
        return InvalidRevision(f"the working tree has {said}", hint)
    short = judgement.revision[:12]
    return InvalidRevision(
        f"revision {short} has {said}", f"reconciler validate --revision {short} tells them"
    )


def _component_records(tree: Tree) -> tuple[ComponentRecord, ...]:
    return tuple(
        ComponentRecord(
            component=spec.component, version=spec.version, fingerprint=fingerprint(spec)
        )
        for versions in tree.components.values()
        for spec in versions.values()
    )


def _guarded(
    world: World, base: InstallBase, tree: Tree, plan: Plan
) -> tuple[ReconcilerError | None, str | None]:
    """The limit that the plan is over, or what was overridden by hand so that it passes."""
    words = [] if plan.descends else [_rewinds(plan.revision).message]
    publishers = [tree.publisher]
    if base.applied is not None:
        publishers.insert(0, base.tree.publisher)
    over = overruns(
        plan.changes,
        len(base.attachments) if any(change.destructive for change in plan.changes) else 0,
        publishers,
        plan.now,
        zone(tree.publisher.time_zone),
    )
    if over:
        message = "; ".join(found.message for found in over)
        if not world.settings.allow_destructive:
            return RefusedByLimit(message, way_out(over)), None
        words.append(message)
    return None, f"{'; '.join(words)}; allowed by hand" if words else None


def _descends(world: World, base: InstallBase, tree: Tree, revision: str) -> bool:
    """Whether the revision follows the applied one; equal declarations count as following."""
    if base.applied is None or base.applied.revision == revision:
        return True
    changed = difference(base.tree, tree)
    if not changed.put and not changed.dropped:
        return True
    return world.source.descends(revision, base.applied.revision)


def _is_empty(tree: Tree, base: InstallBase) -> bool:
    """Whether nothing but the publisher is declared, while the store has packs."""
    return bool(base.tree.packs) and all(found.kind is Kind.PUBLISHER for found in tree)


def _empty(base: InstallBase, revision: str) -> SourceError:
    return SourceError(
        f"revision {revision[:12]} declares nothing but the publisher, while the store has "
        f"{counted(len(base.tree.packs), 'pack')}",
        "check the repository and its folder; to retire packs, delete them in several commits",
    )
