"""A component's versions -> the newest that may be released, and what a pack lacks of it."""

import re
from dataclasses import dataclass

from reconciler.model.declarations import Deployment
from reconciler.model.tree import Tree
from reconciler.model.versions import component_key

_LAST_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerVersion:
    """A component whose `newest` version the newest release of a pack does not have.

    `released` None: the pack lists the component, and its newest release has no version of it.
    """

    component: str
    released: str | None
    newest: str


def newest_version(tree: Tree, component: str, deployment: Deployment) -> str | None:
    """The newest shareable version, of a legacy pack the highest revision; None without one."""
    if deployment is Deployment.LEGACY:
        return next(reversed(list(tree.processes.get(component, ()))), None)
    versions = tree.components.get(component, {})
    return next((v for v in reversed(list(versions)) if versions[v].shareable), None)


def newer_versions(tree: Tree, pack: str) -> tuple[NewerVersion, ...]:
    """What the pack's newest release (by SemVer) lacks, in the order in which the pack lists it.

    Empty for a pack that is not declared or has no release (rule newer-version).
    """
    spec, releases = tree.packs.get(pack), tree.releases.get(pack)
    if spec is None or not releases:
        return ()
    release = releases[list(releases)[-1]]
    found = []
    for component in dict.fromkeys(spec.components):
        newest = newest_version(tree, component, spec.deployment)
        released = release.components.get(component)
        if newest is None or newest == released:
            continue
        if released is None or component_key(newest) > component_key(released):
            found.append(NewerVersion(component=component, released=released, newest=newest))
    return tuple(found)


def unused_version(tree: Tree, component: str) -> str:
    """A version to propose for the next snapshot: the newest with its last number raised."""
    taken = tree.components.get(component, {})
    proposal = next(reversed(list(taken)), "0")
    while proposal in taken or proposal == "0":
        raised, count = _LAST_NUMBER.subn(lambda run: str(int(run[0]) + 1), proposal)
        proposal = raised if count else f"{proposal}.1"
    return proposal
