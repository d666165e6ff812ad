"""Releases and packs -> what they hold, as the rules on contents ask for it."""

from collections.abc import Iterator, Mapping
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.model.declarations import (
    ComponentType,
    Declaration,
    Deployment,
    IntegrationPack,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.versions import is_semver, semver_key

Content = PackagedComponent | PublishedProcess
Versions = Mapping[str, Mapping[str, Content]]

# The types that a pack may hold.
PACKABLE = frozenset({ComponentType.PROCESS, ComponentType.API_SERVICE})


def versions_for(context: Context, deployment: Deployment) -> Versions:
    """component -> version -> what a pack of this deployment may release, oldest first."""
    if deployment is Deployment.LEGACY:
        return context.tree.processes
    return context.tree.components


def packs(context: Context) -> Iterator[tuple[Declaration, IntegrationPack]]:
    """All packs that are declared."""
    for declaration in context.tree.by_kind[Kind.INTEGRATION_PACK].values():
        yield declaration, cast(IntegrationPack, declaration.spec)


def releases(context: Context) -> Iterator[tuple[Declaration, Release]]:
    """All releases that are declared."""
    for declaration in context.tree.by_kind[Kind.RELEASE].values():
        yield declaration, cast(Release, declaration.spec)


def is_live(context: Context, release: Release) -> bool | None:
    """Whether the release is current or above: False below current, None when time can't tell."""
    life = context.lifecycles.get(release.pack)
    if life is None or not is_semver(release.version):
        return None
    return life.current is None or semver_key(release.version) >= semver_key(life.current)


def held(context: Context, pack: IntegrationPack) -> Iterator[tuple[int, str, Content]]:
    """What the pack holds of each component: its index, its name, and the versions that count.

    These are the ones that releases from current on name; where no release ever named the
    component, its newest version. One that only releases below current name is not judged: they
    may have got there just because time passed.
    """
    versions = versions_for(context, pack.deployment)
    named: dict[str, dict[str, None]] = {}
    for release in context.tree.releases.get(pack.name, {}).values():
        live = is_live(context, release)
        for component, version in release.components.items():
            of_releases = named.setdefault(component, {})
            if live:
                of_releases[version] = None
    for index, component in enumerate(pack.components):
        of_component = versions.get(component, {})
        for version in named.get(component, list(of_component)[-1:]):
            if version in of_component:
                yield index, component, of_component[version]


def deleted_versions(context: Context) -> frozenset[tuple[str, str]]:
    """(component, version) of the packaged components that the base has and this revision lacks."""
    if context.base is None:
        return frozenset()
    kind = Kind.PACKAGED_COMPONENT
    kept = context.tree.by_kind[kind]
    gone = (
        cast(PackagedComponent, declaration.spec)
        for name, declaration in context.base.by_kind[kind].items()
        if name not in kept and not context.is_broken(kind, name)
    )
    return frozenset((spec.component, spec.version) for spec in gone)


def running(context: Context) -> frozenset[tuple[str, str]]:
    """(pack, version) of the releases that attachments run; empty without a store."""
    if context.store is None:
        return frozenset()
    return frozenset(
        (cohort.pack, cohort.alike.release)
        for cohort in context.store.attachments.cohorts()
        if cohort.alike.release is not None
    )
