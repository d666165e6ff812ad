"""A revision and an install base -> what the revision would do, or why it must not."""

from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.desired.fingerprint import fingerprint
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
from reconciler.plan.safety import overruns
from reconciler.steps.judge import bases_of, judge
from reconciler.steps.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a revision would do. `error` says why it is refused; `plan` is then of little worth.

    `tree` None when nothing could be read.
    """

    revision: str
    judgement: Judgement | None = None
    plan: Plan | None = None
    error: ReconcilerError | None = None
    overridden: str | None = None


def propose(world: World, base: InstallBase, revision: str, now: datetime) -> Proposal:
    """Reads, judges, plans and guards one revision; writes nothing. Raises SourceError."""
    snapshot = world.source.snapshot(revision)
    judgement = judge(snapshot, bases_of(base), now, world.cache_folder)
    if not judgement.valid:
        errors = sum(1 for finding in judgement.findings if finding.severity is Severity.ERROR)
        error: ReconcilerError = InvalidRevision(
            f"revision {revision[:12]} has {errors} error{'s' if errors != 1 else ''}",
            f"reconciler validate --revision {revision[:12]} tells them",
        )
        return Proposal(revision=revision, judgement=judgement, error=error)
    tree = judgement.tree
    _refuse_emptiness(tree, base, revision)
    names = renames(base.tree, tree)
    carried = carried_base(base, names)
    plan = planned(
        carried,
        tree,
        revision=revision,
        now=now,
        renames=names,
        components=_component_records(tree),
    )
    plan = replace(
        plan, findings=judgement.findings, descends=_descends(world, base, tree, revision)
    )
    error_or_none, overridden = _guarded(world, base, tree, plan)
    return Proposal(
        revision=revision,
        judgement=judgement,
        plan=plan,
        error=error_or_none,
        overridden=overridden,
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
    """Why the plan must not pass, or what was overridden by hand so that it does."""
    settings = world.settings
    overridden = None
    if not plan.descends:
        words = f"revision {plan.revision[:12]} does not descend from the applied one"
        if not settings.allow_rewind:
            hint = "history was rewritten, or an older revision was asked for: --allow-rewind"
            return StalePlan(words, hint), None
        overridden = f"{words}; allowed by hand"
    publishers = [tree.publisher]
    if base.applied is not None:
        publishers.insert(0, base.tree.publisher)
    over = overruns(
        plan.changes,
        len(base.attachments),
        publishers,
        plan.now,
        zone(tree.publisher.time_zone),
    )
    if over:
        message = "; ".join(found.message for found in over)
        if not settings.allow_destructive:
            return RefusedByLimit(message, over[0].hint), None
        overridden = f"{message}; allowed by hand"
    return None, overridden


def _descends(world: World, base: InstallBase, tree: Tree, revision: str) -> bool:
    """Whether the revision follows the applied one; equal declarations count as following."""
    if base.applied is None or base.applied.revision == revision:
        return True
    changed = difference(base.tree, tree)
    if not changed.put and not changed.dropped:
        return True
    return world.source.descends(revision, base.applied.revision)


def _refuse_emptiness(tree: Tree, base: InstallBase, revision: str) -> None:
    if base.tree.packs and all(found.kind is Kind.PUBLISHER for found in tree):
        raise SourceError(
            f"revision {revision[:12]} declares nothing but the publisher, while the store has "
            f"{len(base.tree.packs):,} packs",
            "check the repository and its folder; to retire packs, delete them in several commits",
        )
