"""Rule unknown-reference: what a document names is declared."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import cast

from reconciler.desired.nearest import Nearest
from reconciler.desired.rules.contents import (
    deleted_versions,
    is_live,
    packs,
    releases,
    running,
    versions_for,
)
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import (
    AccountGroup,
    Attachment,
    Declaration,
    Deployment,
    IntegrationPack,
    Kind,
    ProcessTemplate,
    Release,
)
from reconciler.model.findings import Problem, Severity

_SPOKEN: Mapping[Kind, str] = {
    Kind.INTEGRATION_PACK: "pack",
    Kind.MANAGED_ACCOUNT: "account",
    Kind.ACCOUNT_GROUP: "account group",
    Kind.PACKAGED_COMPONENT: "component",
    Kind.PUBLISHED_PROCESS: "published process",
}


def check(context: Context) -> Iterator[Problem]:
    """Errors, save for what a release below current names: that is an info, one a release."""
    search = _Search(context)
    for declaration, pack in packs(context):
        yield from _pack(search, declaration, pack)
    for declaration, release in releases(context):
        yield from _release(search, declaration, release)
    for declaration in context.tree.by_kind[Kind.ACCOUNT_GROUP].values():
        yield from _group(search, declaration, cast(AccountGroup, declaration.spec))
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        yield from search.named(
            Kind.MANAGED_ACCOUNT, attachment.account, declaration, "spec", "account"
        )
        yield from search.named(Kind.INTEGRATION_PACK, attachment.pack, declaration, "spec", "pack")
    for declaration in context.tree.by_kind[Kind.PROCESS_TEMPLATE].values():
        yield from _template(search, declaration, cast(ProcessTemplate, declaration.spec))


class _Search:
    """Tells whether something is declared, and makes the problem when it is not."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._nearest: dict[Kind, Nearest] = {}
        # A component is not missing while one of its versions stands in a document that is broken.
        self._broken = {
            (kind, None if name is None else name.partition("@")[0])
            for kind, name in context.tree.broken
        }

    @cached_property
    def deleted(self) -> frozenset[tuple[str, str]]:
        """The versions that the rule package-in-use speaks of."""
        return deleted_versions(self.context)

    def is_running(self, release: Release) -> bool:
        """Whether attachments run it; the store is not asked when nothing was deleted."""
        return bool(self.deleted) and (release.pack, release.version) in self._running

    @cached_property
    def _running(self) -> frozenset[tuple[str, str]]:
        return running(self.context)

    def named(
        self, kind: Kind, name: str, declaration: Declaration, *pointer: str | int
    ) -> Iterator[Problem]:
        """The problem of a pack, an account or a group that is not declared."""
        if self.context.tree.get(kind, name) is None and not self.context.is_broken(kind, name):
            yield self._missing(kind, name, declaration, pointer)

    def component(
        self, kind: Kind, name: str, declaration: Declaration, *pointer: str | int
    ) -> Iterator[Problem]:
        """The problem of a component of which no version exists at all."""
        if not self.is_component(kind, name):
            yield self._missing(kind, name, declaration, pointer)

    def is_component(self, kind: Kind, name: str) -> bool:
        """Whether a version of it is declared, or may be."""
        known = name in versions_for(self.context, _deployment(kind))
        return known or (kind, name) in self._broken or (kind, None) in self._broken

    def is_version(self, kind: Kind, component: str, version: str) -> bool:
        """Whether this version of it is declared, or may be."""
        name = f"{component}@{version}"
        return self.context.tree.get(kind, name) is not None or self.context.is_broken(kind, name)

    def version(
        self, kind: Kind, component: str, version: str, declaration: Declaration, *pointer: str
    ) -> Problem:
        """The problem of a version that does not exist of a component that does."""
        existing = list(versions_for(self.context, _deployment(kind)).get(component, ()))
        hint = Nearest(existing[-50:]).hint(version)
        if hint is None and existing:
            hint = f'the newest is "{existing[-1]}".'
        return Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=pointer,
            message=f'{_SPOKEN[kind]} "{component}" has no {_word(kind)} "{version}".',
            hint=hint,
        )

    def _missing(
        self, kind: Kind, name: str, declaration: Declaration, pointer: tuple[str | int, ...]
    ) -> Problem:
        return Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=pointer,
            message=f'{_SPOKEN[kind]} "{name}" does not exist.',
            hint=self._near(kind).hint(name) or "declare it, or take it out here.",
        )

    def _near(self, kind: Kind) -> Nearest:
        if kind not in self._nearest:
            contents = (Kind.PACKAGED_COMPONENT, Kind.PUBLISHED_PROCESS)
            names = (
                versions_for(self.context, _deployment(kind))
                if kind in contents
                else self.context.tree.by_kind[kind]
            )
            self._nearest[kind] = Nearest(names)
        return self._nearest[kind]


def _pack(search: _Search, declaration: Declaration, pack: IntegrationPack) -> Iterator[Problem]:
    """A component that exists in the other deployment only is told by pack-components."""
    kind = _kind(pack.deployment)
    other = Kind.PACKAGED_COMPONENT if kind is Kind.PUBLISHED_PROCESS else Kind.PUBLISHED_PROCESS
    for index, component in enumerate(pack.components):
        if not search.is_component(other, component):
            yield from search.component(kind, component, declaration, "spec", "components", index)


def _release(search: _Search, declaration: Declaration, release: Release) -> Iterator[Problem]:
    """What a release of an unknown pack names can't be judged: it may be a legacy pack."""
    yield from search.named(Kind.INTEGRATION_PACK, release.pack, declaration, "spec", "pack")
    pack = search.context.tree.packs.get(release.pack)
    live = is_live(search.context, release)
    if pack is None or live is None:
        return
    kind = _kind(pack.deployment)
    missing = [
        (component, version)
        for component, version in release.components.items()
        if not search.is_version(kind, component, version)
    ]
    if kind is Kind.PACKAGED_COMPONENT and (live or search.is_running(release)):
        missing = [named for named in missing if named not in search.deleted]
    if not live:
        yield from _past(declaration, release, missing)
        return
    for component, version in missing:
        pointer = ("spec", "components", component)
        if search.is_component(kind, component):
            yield search.version(kind, component, version, declaration, *pointer)
        else:
            yield from search.component(kind, component, declaration, *pointer)


def _past(
    declaration: Declaration, release: Release, missing: list[tuple[str, str]]
) -> Iterator[Problem]:
    """A release below current: what it names may be gone."""
    if missing:
        gone = ", ".join(f"{component} {version}" for component, version in missing)
        yield Problem(
            rule=RULE.id,
            severity=Severity.INFO,
            origin=declaration.origin,
            pointer=("spec", "components", missing[0][0]),
            message=f"{release.pack} {release.version} can't be rolled back to: "
            f"{gone} {'is' if len(missing) == 1 else 'are'} not declared any more.",
        )


def _group(search: _Search, declaration: Declaration, group: AccountGroup) -> Iterator[Problem]:
    for index, account in enumerate(group.accounts):
        yield from search.named(
            Kind.MANAGED_ACCOUNT, account, declaration, "spec", "accounts", index
        )
    for index, resource in enumerate(group.packs):
        yield from search.named(
            Kind.INTEGRATION_PACK, resource.pack, declaration, "spec", "packs", index, "pack"
        )


def _template(
    search: _Search, declaration: Declaration, template: ProcessTemplate
) -> Iterator[Problem]:
    kind = Kind.PACKAGED_COMPONENT
    if not search.is_component(kind, template.component):
        yield from search.component(kind, template.component, declaration, "spec", "component")
    elif not search.is_version(kind, template.component, template.version):
        yield search.version(
            kind, template.component, template.version, declaration, "spec", "version"
        )
    for index, group in enumerate(template.groups):
        yield from search.named(Kind.ACCOUNT_GROUP, group, declaration, "spec", "groups", index)


def _kind(deployment: Deployment) -> Kind:
    if deployment is Deployment.LEGACY:
        return Kind.PUBLISHED_PROCESS
    return Kind.PACKAGED_COMPONENT


def _deployment(kind: Kind) -> Deployment:
    return Deployment.LEGACY if kind is Kind.PUBLISHED_PROCESS else Deployment.PACKAGED


def _word(kind: Kind) -> str:
    return "revision" if kind is Kind.PUBLISHED_PROCESS else "version"


RULE = Rule(
    id="unknown-reference",
    summary="Every pack, account, group, component and version that a document names is declared.",
    check=check,
)
