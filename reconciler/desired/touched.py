"""What a commit changes -> the packs, components and accounts that it touches, or everything.

Whatever is not touched is as the pass before left it: the rules say of it what they said then, and
its rows are where they should be. Where that is not plain, everything is looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from reconciler.model.declarations import (
    AccountGroup,
    Attachment,
    Declaration,
    IntegrationPack,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.tree import Tree

# What refers to one of these may lie anywhere.
_MISSED_EVERYWHERE = frozenset(Kind) - {Kind.RELEASE, Kind.ATTACHMENT, Kind.PROCESS_TEMPLATE}

Known = Mapping[tuple[Kind, str], Declaration]


@dataclass(slots=True, kw_only=True)
class Touched:
    """The fields of ports.Part; `everything`: no part of the install base is enough."""

    everything: bool = False
    judged: set[str] = field(default_factory=set)
    packs: set[str] = field(default_factory=set)
    components: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)


def touched(
    put: Iterable[Declaration], dropped: Iterable[Declaration], known: Known, groups: Known
) -> Touched:
    """`put` is new or differs from what is `known` of it; `groups` are all groups before."""
    found = Touched()
    put, dropped = tuple(put), tuple(dropped)
    for declaration in put:
        before = known.get((declaration.kind, declaration.name))
        former = () if before is None else before.renamed_from
        found.everything |= set(declaration.renamed_from) != set(former)
        _note(found, declaration, before)
    for declaration in dropped:
        found.everything |= declaration.kind in _MISSED_EVERYWHERE
        _note(found, declaration, declaration)
    found.packs |= _entitled(put, known, groups)
    return found


def _note(found: Touched, declaration: Declaration, before: Declaration | None) -> None:
    match declaration.spec:
        case PackagedComponent(component=component) | PublishedProcess(component=component):
            found.components.add(component)
        case IntegrationPack() as spec:
            found.judged.add(spec.name)
            old = None if before is None else cast(IntegrationPack, before.spec)
            if old is not None:
                found.everything |= _pack_turns(old, spec)
        case Release(pack=pack):
            found.judged.add(pack)
        case Attachment(pack=pack, account=account):
            found.packs.add(pack)
            found.accounts.add(account)
        case AccountGroup() as spec:
            _note_group(found, None if before is None else cast(AccountGroup, before.spec), spec)
        case _:
            found.everything |= declaration.kind is Kind.PUBLISHER
            if declaration.kind is Kind.MANAGED_ACCOUNT:
                found.accounts.add(declaration.name)


def _pack_turns(old: IntegrationPack, new: IntegrationPack) -> bool:
    """Whether rows of accounts that the commit does not name may come or go."""
    return (old.attachment, old.deployment, old.retired) != (
        new.attachment,
        new.deployment,
        new.retired,
    )


def _note_group(found: Touched, old: AccountGroup | None, new: AccountGroup) -> None:
    """A group that lists its accounts touches those that differ, or all when its packs do."""
    wide = [group for group in (old, new) if group is not None and _is_wide(group)]
    if wide:
        found.everything = True
        return
    before = frozenset(old.accounts) if old is not None else frozenset[str]()
    same_packs = old is not None and set(old.packs) == set(new.packs)
    accounts = before ^ frozenset(new.accounts) if same_packs else before.union(new.accounts)
    found.accounts |= accounts
    for group in (old, new):
        found.packs.update(resource.pack for resource in (group.packs if group else ()))


def _is_wide(group: AccountGroup) -> bool:
    return group.all or group.selector is not None


def _entitled(put: Iterable[Declaration], known: Known, groups: Known) -> set[str]:
    """The packs of the groups that changed accounts were in, or are in now."""
    accounts = {
        (found.kind, found.name): found for found in put if found.kind is Kind.MANAGED_ACCOUNT
    }
    if not accounts:
        return set()
    later = dict(groups)
    later.update(
        ((found.kind, found.name), found) for found in put if found.kind is Kind.ACCOUNT_GROUP
    )
    before = [known[name] for name in accounts.keys() & known.keys()]
    trees = (Tree([*before, *groups.values()]), Tree([*accounts.values(), *later.values()]))
    return {pack for tree in trees for pack, members in tree.entitled.items() if members}
