"""All groups of a revision -> the groups of one account, found without looking at the others'.

Made once for each applied revision: a group may name a hundred thousand accounts and ten thousand
packs, and requests of accounts are many.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from threading import Lock

from reconciler.model.declarations import (
    AccountGroup,
    Declaration,
    Kind,
    ManagedAccount,
    ProcessTemplate,
    Resource,
)
from reconciler.store import part, reading
from reconciler.store.connection import Connection

_KINDS = (Kind.ACCOUNT_GROUP, Kind.PROCESS_TEMPLATE)
_KEPT_COMBINATIONS = 256


class MembershipIndex:
    """Who is in which group, and what each group has."""

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        self._groups: dict[str, AccountGroup] = {}
        self._templates: list[tuple[Declaration, frozenset[str]]] = []
        for declaration in declarations:
            spec = declaration.spec
            if isinstance(spec, AccountGroup):
                self._groups[spec.name] = spec
            elif isinstance(spec, ProcessTemplate):
                self._templates.append((declaration, frozenset(spec.groups)))
        self._resources: Mapping[str, Mapping[str, tuple[Resource, ...]]] = {
            name: _by_pack(group) for name, group in self._groups.items()
        }
        self._named: dict[str, list[str]] = {}
        self._chosen: list[AccountGroup] = []
        for name, group in sorted(self._groups.items()):
            for account in group.accounts:
                self._named.setdefault(account, []).append(name)
            if group.all or group.selector is not None:
                self._chosen.append(group)
        self._packs = lru_cache(_KEPT_COMBINATIONS)(self._packs_of_groups)

    def groups(self, account: ManagedAccount) -> tuple[str, ...]:
        """The groups that the account is in, in order of name."""
        found = set(self._named.get(account.name, ()))
        found |= {group.name for group in self._chosen if _takes(group, account)}
        return tuple(sorted(found))

    def packs(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        """The packs that these groups have, in order of name."""
        return self._packs(groups)

    def _packs_of_groups(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({pack for name in groups for pack in self._resources[name]}))

    def declarations(
        self, account: ManagedAccount, packs: Collection[str]
    ) -> Iterator[Declaration]:
        """The account's groups, as below; and the templates that are shared with them, of whose
        groups only the account's are named.
        """
        groups = self.groups(account)
        yield from self.groups_alone(account, packs)
        for declaration, shared in self._templates:
            if not shared.isdisjoint(groups):
                assert isinstance(declaration.spec, ProcessTemplate)
                own = tuple(name for name in declaration.spec.groups if name in groups)
                yield replace(declaration, spec=replace(declaration.spec, groups=own))

    def groups_alone(
        self, account: ManagedAccount, packs: Collection[str]
    ) -> Iterator[Declaration]:
        """The account's groups, as if it were alone in them and they had only `packs`."""
        for name in self.groups(account):
            resources = self._resources[name]
            narrowed = replace(
                self._groups[name],
                accounts=(account.name,),
                selector=None,
                all=False,
                packs=tuple(one for pack in packs for one in resources.get(pack, ())),
            )
            yield Declaration(kind=Kind.ACCOUNT_GROUP, name=name, spec=narrowed, body="")


class Memberships:
    """The index of the revision in force, kept for those who ask next; for several threads."""

    def __init__(self) -> None:
        self._making = Lock()
        self._kept: tuple[tuple[str, datetime] | None, MembershipIndex] | None = None

    def index(self, connection: Connection) -> MembershipIndex:
        """Of the revision that this read sees; made by the first who asks for it."""
        found = self.made(connection)
        if found is not None:
            return found
        with self._making:
            found = self.made(connection)
            if found is None:
                key = _revision(connection)
                found = MembershipIndex(part.declared(connection, kinds=_KINDS))
                self._kept = (key, found)
            return found

    def made(self, connection: Connection) -> MembershipIndex | None:
        """The same, if somebody has asked for it already: making it takes long."""
        kept = self._kept
        return kept[1] if kept is not None and kept[0] == _revision(connection) else None


def _revision(connection: Connection) -> tuple[str, datetime] | None:
    applied = reading.applied(connection)
    return None if applied is None else (applied.revision, applied.applied_at)


def _by_pack(group: AccountGroup) -> dict[str, tuple[Resource, ...]]:
    found: dict[str, tuple[Resource, ...]] = {}
    for resource in group.packs:
        found[resource.pack] = (*found.get(resource.pack, ()), resource)
    return found


def _takes(group: AccountGroup, account: ManagedAccount) -> bool:
    """Whether a group of all, or one that selects by labels, has the account (Tree.members)."""
    if group.all:
        return True
    return group.selector is not None and group.selector.items() <= account.labels.items()
