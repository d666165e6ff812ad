"""A base and a revision that renames -> the same base under the new names (SPEC section 3)."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.base import (
    Alike,
    Attached,
    AttachmentKey,
    Cohort,
    InstallBase,
    PackRecord,
    Rows,
    Siblings,
)
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.decode import declaration
from reconciler.model.tree import Tree

Renames = Mapping[tuple[Kind, str], str]

RENAMABLE = (Kind.INTEGRATION_PACK, Kind.MANAGED_ACCOUNT, Kind.ACCOUNT_GROUP)


def renames(before: Tree, after: Tree) -> Renames:
    """(kind, former name) -> new name, for names that `before` declares and `after` does not.

    A renamedFrom that was carried out already finds no former name and is inert.
    """
    return {
        (kind, former): name
        for kind in RENAMABLE
        for name, found in after.by_kind[kind].items()
        for former in found.renamed_from
        if former in before.by_kind[kind]
        and former not in after.by_kind[kind]
        and name not in before.by_kind[kind]
    }


def carried_tree(tree: Tree, names: Renames) -> Tree:
    """The tree with every former name replaced, in declarations and in references to them."""
    if not names:
        return tree
    return Tree((_renamed(found, names) for found in tree), tree.broken)


def carried_base(base: InstallBase, names: Renames) -> InstallBase:
    """The install base with attachments, releases and copies under the new names."""
    if not names:
        return base

    def of(kind: Kind, name: str) -> str:
        return names.get((kind, name), name)

    return replace(
        base,
        tree=carried_tree(base.tree, names),
        packs=_renamed_packs(base.packs, names),
        attachments=_RenamedRows(base.attachments, names),
        copies=tuple(
            replace(copy, account=of(Kind.MANAGED_ACCOUNT, copy.account)) for copy in base.copies
        ),
    )


class _RenamedRows(Rows):
    """Rows under new names, one by one as they are asked for; those of an account lie together."""

    def __init__(self, rows: Rows, names: Renames) -> None:
        self._rows, self._names = rows, names
        self._former = {(kind, name): former for (kind, former), name in names.items()}

    def __getitem__(self, key: AttachmentKey) -> Attached:
        return self._row(self._rows[_renamed_key(key, self._former)])

    def __iter__(self) -> Iterator[AttachmentKey]:
        return (_renamed_key(key, self._names) for key in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def every(self, packs: Collection[str] | None = None) -> Iterator[Attached]:
        former = None if packs is None else [self._pack(pack) for pack in packs]
        return map(self._row, self._rows.every(former))

    def of_packs(self, packs: Collection[str]) -> Iterator[Attached]:
        return map(self._row, self._rows.of_packs([self._pack(pack) for pack in packs]))

    def of_accounts(self, accounts: Collection[str]) -> Iterator[Attached]:
        kind = Kind.MANAGED_ACCOUNT
        former = [self._former.get((kind, name), name) for name in accounts]
        return map(self._row, self._rows.of_accounts(former))

    def cohorts(self, packs: Collection[str] | None = None) -> Iterator[Cohort]:
        kind, former = Kind.INTEGRATION_PACK, packs and [self._pack(pack) for pack in packs]
        for found in self._rows.cohorts(former):
            yield found._replace(pack=self._names.get((kind, found.pack), found.pack))

    def siblings(self, packs: Collection[str]) -> Iterator[Siblings]:
        for found in self._rows.siblings([self._pack(pack) for pack in packs]):
            old = AttachmentKey(account=found.account, pack=found.pack)
            key = _renamed_key(old, self._names)
            yield found._replace(account=key.account, pack=key.pack)

    def named(
        self, wanted: Iterable[tuple[str, Alike, int | None]]
    ) -> Iterator[list[AttachmentKey]]:
        former = ((self._pack(pack), alike, limit) for pack, alike, limit in wanted)
        for keys in self._rows.named(former):
            yield [_renamed_key(key, self._names) for key in keys]

    def _pack(self, name: str) -> str:
        return self._former.get((Kind.INTEGRATION_PACK, name), name)

    def _row(self, old: Attached) -> Attached:
        return replace(old, key=_renamed_key(old.key, self._names))


def _renamed_key(key: AttachmentKey, names: Renames) -> AttachmentKey:
    return key._replace(
        account=names.get((Kind.MANAGED_ACCOUNT, key.account), key.account),
        pack=names.get((Kind.INTEGRATION_PACK, key.pack), key.pack),
    )


def _renamed_packs(records: Mapping[str, PackRecord], names: Renames) -> dict[str, PackRecord]:
    """A deleted pack that bore the new name before makes way, as it does in the store."""
    found = {
        name: record
        for name, record in records.items()
        if (Kind.INTEGRATION_PACK, name) not in names
    }
    for (kind, former), name in names.items():
        if kind is Kind.INTEGRATION_PACK and former in records:
            found[name] = _renamed_record(records[former], name)
    return found


def _renamed_record(record: PackRecord, name: str) -> PackRecord:
    releases = {
        version: replace(found, release=replace(found.release, pack=name))
        for version, found in record.releases.items()
    }
    return replace(record, name=name, releases=releases)


def _renamed(found: Declaration, names: Renames) -> Declaration:
    content: dict[str, Any] = json.loads(found.body)
    metadata, spec = content["metadata"], content["spec"]

    def swap(holder: Any, place: str | int, kind: Kind) -> None:
        holder[place] = names.get((kind, holder[place]), holder[place])

    if found.kind in RENAMABLE:
        swap(metadata, "name", found.kind)
    if found.kind in (Kind.RELEASE, Kind.ATTACHMENT):
        swap(spec, "pack", Kind.INTEGRATION_PACK)
    if found.kind is Kind.ATTACHMENT:
        swap(spec, "account", Kind.MANAGED_ACCOUNT)
    if found.kind is Kind.ACCOUNT_GROUP:
        for place in range(len(spec.get("accounts", ()))):
            swap(spec["accounts"], place, Kind.MANAGED_ACCOUNT)
        for resource in spec.get("packs", ()):
            swap(resource, "pack", Kind.INTEGRATION_PACK)
    if found.kind is Kind.PROCESS_TEMPLATE:
        for place in range(len(spec["groups"])):
            swap(spec["groups"], place, Kind.ACCOUNT_GROUP)
    return declaration(found.kind, metadata, spec, found.origin)
