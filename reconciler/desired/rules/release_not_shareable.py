"""Rule release-not-shareable: a release names shareable versions only."""

from collections.abc import Iterator

from reconciler.desired.newest import newest_version, unused_version
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import (
    ComponentType,
    Deployment,
    Kind,
    PackagedComponent,
    Release,
)
from reconciler.model.findings import Problem
from reconciler.model.tree import Tree
from reconciler.model.versions import is_semver, semver_key

_SHAREABLE_TYPES = frozenset({ComponentType.PROCESS, ComponentType.API_SERVICE})


def check(context: Context) -> Iterator[Problem]:
    """Legacy packs release published processes, which have no such flag."""
    tree = context.tree
    for declaration in tree.by_kind[Kind.RELEASE].values():
        release = declaration.spec
        assert isinstance(release, Release)
        if _is_not_judged(context, release):
            continue
        for component, version in release.components.items():
            packaged = tree.components.get(component, {}).get(version)
            if packaged is None or packaged.shareable or _is_told_at_pack(tree, release, packaged):
                continue
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "components", component),
                message=f"{component} {version} is not shareable; "
                "it was packaged with shareable: false.",
                hint=_hint(tree, packaged),
            )


def _is_not_judged(context: Context, release: Release) -> bool:
    """Legacy, or below current with a packaged version that is no longer declared."""
    tree = context.tree
    pack = tree.packs.get(release.pack)
    if pack is not None and pack.deployment is Deployment.LEGACY:
        return True
    life = context.lifecycles.get(release.pack)
    if life is None or life.current is None or not is_semver(release.version):
        return False
    return semver_key(release.version) < semver_key(life.current) and any(
        version not in tree.components.get(component, {})
        for component, version in release.components.items()
    )


def _is_told_at_pack(tree: Tree, release: Release, packaged: PackagedComponent) -> bool:
    """A type that can't be in a pack at all is pack-content-type, where the pack lists it."""
    pack = tree.packs.get(release.pack)
    return (
        pack is not None
        and packaged.component in pack.components
        and packaged.type not in _SHAREABLE_TYPES
    )


def _hint(tree: Tree, packaged: PackagedComponent) -> str:
    component = packaged.component
    other = newest_version(tree, component, Deployment.PACKAGED)
    instead = "." if other is None else f", or use {other}."
    if any(part.type == ComponentType.PROCESS_ROUTE for part in packaged.contains):
        return f"take the process route out of {component} and package it again{instead}"
    proposal = unused_version(tree, component)
    command = f"reconciler package {component} --version {proposal} --shareable"
    return f"package it again as shareable ({command}){instead}"


RULE = Rule(
    id="release-not-shareable",
    summary="A release names shareable versions of its components only.",
    check=check,
)
