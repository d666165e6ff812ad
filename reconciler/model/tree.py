"""Everything that one revision declares, indexed by the questions that rules and planner ask."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import cast

from reconciler.model.declarations import (
    AccountGroup,
    AccountStatus,
    Attachment,
    Declaration,
    InstallMode,
    IntegrationPack,
    Kind,
    ManagedAccount,
    PackagedComponent,
    ProcessTemplate,
    PublishedProcess,
    Publisher,
    Release,
)
from reconciler.model.versions import component_key, is_semver, semver_key

AttachmentName = tuple[str, str, str | None]


class Tree:
    """The declarations of one revision.

    `broken` names documents that exist and could not be read: (kind, name or None). A rule must not
    call something missing that is merely broken. `duplicates` are the declarations whose identity
    an earlier one (in path order) has already; they are in no index.
    """

    def __init__(
        self,
        declarations: Iterable[Declaration],
        broken: frozenset[tuple[str, str | None]] = frozenset(),
    ) -> None:
        self.broken = broken
        self.by_kind: dict[Kind, dict[str, Declaration]] = {kind: {} for kind in Kind}
        self.duplicates: list[tuple[Declaration, Declaration]] = []
        for declaration in declarations:
            of_kind = self.by_kind[declaration.kind]
            first = of_kind.setdefault(declaration.name, declaration)
            if first is not declaration:
                self.duplicates.append((first, declaration))

    def __iter__(self) -> Iterator[Declaration]:
        for of_kind in self.by_kind.values():
            yield from of_kind.values()

    def __len__(self) -> int:
        return sum(len(of_kind) for of_kind in self.by_kind.values())

    def get(self, kind: Kind, name: str) -> Declaration | None:
        return self.by_kind[kind].get(name)

    @cached_property
    def publisher(self) -> Publisher:
        """The one publisher. Raises LookupError when the revision has none (rule publisher)."""
        for declaration in self.by_kind[Kind.PUBLISHER].values():
            return cast(Publisher, declaration.spec)
        raise LookupError("no Publisher is declared")

    @cached_property
    def packs(self) -> Mapping[str, IntegrationPack]:
        found = self.by_kind[Kind.INTEGRATION_PACK]
        return {name: cast(IntegrationPack, d.spec) for name, d in found.items()}

    @cached_property
    def accounts(self) -> Mapping[str, ManagedAccount]:
        found = self.by_kind[Kind.MANAGED_ACCOUNT]
        return {name: cast(ManagedAccount, d.spec) for name, d in found.items()}

    @cached_property
    def suspended(self) -> frozenset[str]:
        """The accounts that are suspended."""
        return frozenset(
            name
            for name, account in self.accounts.items()
            if account.status is AccountStatus.SUSPENDED
        )

    @cached_property
    def groups(self) -> Mapping[str, AccountGroup]:
        found = self.by_kind[Kind.ACCOUNT_GROUP]
        return {name: cast(AccountGroup, d.spec) for name, d in found.items()}

    @cached_property
    def templates(self) -> Mapping[str, ProcessTemplate]:
        found = self.by_kind[Kind.PROCESS_TEMPLATE]
        return {name: cast(ProcessTemplate, d.spec) for name, d in found.items()}

    @cached_property
    def attachments(self) -> Mapping[AttachmentName, Attachment]:
        """By (account, pack, instance or None)."""
        specs = (cast(Attachment, d.spec) for d in self.by_kind[Kind.ATTACHMENT].values())
        return {(spec.account, spec.pack, spec.instance): spec for spec in specs}

    @cached_property
    def releases(self) -> Mapping[str, Mapping[str, Release]]:
        """pack -> version -> release in rising SemVer precedence, without what is no SemVer."""
        found: dict[str, dict[str, Release]] = {}
        for declaration in self.by_kind[Kind.RELEASE].values():
            spec = cast(Release, declaration.spec)
            if is_semver(spec.version):
                found.setdefault(spec.pack, {})[spec.version] = spec
        return {
            pack: dict(sorted(of_pack.items(), key=lambda item: semver_key(item[0])))
            for pack, of_pack in found.items()
        }

    @cached_property
    def components(self) -> Mapping[str, Mapping[str, PackagedComponent]]:
        """component -> version -> packaged component, oldest first as SPEC section 4 orders."""
        found: dict[str, dict[str, PackagedComponent]] = {}
        for declaration in self.by_kind[Kind.PACKAGED_COMPONENT].values():
            spec = cast(PackagedComponent, declaration.spec)
            found.setdefault(spec.component, {})[spec.version] = spec
        return {
            component: dict(sorted(versions.items(), key=lambda item: component_key(item[0])))
            for component, versions in found.items()
        }

    @cached_property
    def processes(self) -> Mapping[str, Mapping[str, PublishedProcess]]:
        """component -> revision as text -> published process, lowest revision first."""
        found: dict[str, dict[str, PublishedProcess]] = {}
        for declaration in self.by_kind[Kind.PUBLISHED_PROCESS].values():
            spec = cast(PublishedProcess, declaration.spec)
            found.setdefault(spec.component, {})[str(spec.revision)] = spec
        return {
            component: dict(sorted(revisions.items(), key=lambda item: int(item[0])))
            for component, revisions in found.items()
        }

    @cached_property
    def members(self) -> Mapping[str, frozenset[str]]:
        """group -> the declared accounts in it."""
        everyone = frozenset(self.accounts)
        found: dict[str, frozenset[str]] = {}
        for name, group in self.groups.items():
            if group.all:
                found[name] = everyone
                continue
            chosen = everyone.intersection(group.accounts)
            if group.selector is not None:
                chosen |= self._selected(group.selector)
            found[name] = chosen
        return found

    def _selected(self, labels: Mapping[str, str]) -> frozenset[str]:
        """The accounts that have all of these labels."""
        found = [self._labelled.get(label, frozenset()) for label in labels.items()]
        return frozenset.intersection(*found) if found else frozenset(self.accounts)

    @cached_property
    def _labelled(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """A label and its value -> the accounts that have it."""
        found: dict[tuple[str, str], list[str]] = {}
        for name, spec in self.accounts.items():
            for label in spec.labels.items():
                found.setdefault(label, []).append(name)
        return {label: frozenset(names) for label, names in found.items()}

    @cached_property
    def entitled(self) -> Mapping[str, frozenset[str]]:
        """pack -> the accounts that are in a group with the pack as a resource."""
        return self._accounts_by_pack(frozenset(InstallMode))

    @cached_property
    def automatic(self) -> Mapping[str, frozenset[str]]:
        """pack -> the accounts to which a group installs the pack automatically."""
        return self._accounts_by_pack(frozenset({InstallMode.AUTOMATIC}))

    def _accounts_by_pack(self, modes: frozenset[InstallMode]) -> Mapping[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for name, group in self.groups.items():
            for resource in group.packs:
                if resource.install in modes:
                    found[resource.pack] = (
                        found.get(resource.pack, frozenset()) | self.members[name]
                    )
        return found
