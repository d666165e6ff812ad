"""A plan that is only shown, or a release that is asked for -> the impact of the releases."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.desired.nearest import Nearest
from reconciler.desired.renames import carried_base, renames
from reconciler.errors import ReconcilerError, SourceError
from reconciler.model.base import InstallBase
from reconciler.model.changes import Plan
from reconciler.model.impact import Impact
from reconciler.model.tree import Tree
from reconciler.model.zones import zone
from reconciler.plan.impact import WEIGHED, impact, impacts
from reconciler.ports import Snapshot
from reconciler.steps.judge import bases_of, judge
from reconciler.steps.propose import invalid
from reconciler.steps.world import World, asked_revision, snapshot_of


def impacts_of(
    world: World, base: InstallBase, tree: Tree, plan: Plan, now: datetime
) -> tuple[Impact, ...]:
    """In the order of the plan, what waits last; `tree` is what the plan was made of."""
    releases = [
        (change.name, change.release)
        for change in (*plan.changes, *plan.waiting)
        if change.action in WEIGHED and change.release is not None
    ]
    asked = [one for one in releases if one[1] in tree.releases.get(one[0], {})]
    if not asked:
        return ()
    carried = carried_base(base, plan.effects.renames)
    return impacts(carried, tree, asked, now, _files(world, tree, plan, asked))


def release_impact(
    world: World, pack: str, version: str, *, worktree: bool = False
) -> tuple[Impact, ZoneInfo]:
    """The impact of one release that a revision declares, or the working tree; the zone to tell it.

    The zone is the publisher's. Raises InvalidRevision where there are errors, and ReconcilerError
    where there is no such release.
    """
    now = world.clock.now()
    base = world.store.base() if world.store is not None else InstallBase()
    if worktree:
        files = world.source.worktree()
    else:
        files = snapshot_of(world, asked_revision(world), base.in_force)
    judgement = judge(files, bases_of(base), now, world.cache_folder, world.progress)
    if not judgement.valid:
        raise invalid(judgement)
    tree = judgement.tree
    if pack not in tree.packs:
        raise ReconcilerError(f'pack "{pack}" does not exist', Nearest(tree.packs).hint(pack))
    _known(tree, pack, version)
    carried = carried_base(base, renames(base.tree, tree))
    return impact(carried, tree, pack, version, now, files), zone(tree.publisher.time_zone)


def _known(tree: Tree, pack: str, version: str) -> None:
    releases = tree.releases.get(pack, {})
    if version not in releases:
        newest = next(reversed(list(releases)), None)
        others = f"its newest is {newest}" if newest else "it has none yet"
        raise ReconcilerError(
            f'{pack} has no release "{version}"', Nearest(releases).hint(version) or others
        )


def _files(world: World, tree: Tree, plan: Plan, asked: list[tuple[str, str]]) -> Snapshot | None:
    """The revision's files where a release names a report; None where they can't be read, too."""
    if not any(tree.releases[pack][version].regression for pack, version in asked):
        return None
    try:
        return world.source.snapshot(plan.revision)
    except SourceError:  # what is due is shown all the same
        return None
