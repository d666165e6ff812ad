"""A revision and the rows that exist -> which rows come, go or change, and why (SPEC section 3)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    InstallBase,
    Settings,
    Siblings,
    sibling,
)
from reconciler.model.changes import Member
from reconciler.model.declarations import Attachment, AttachmentMode, Kind
from reconciler.model.tree import Tree

Own = Mapping[AttachmentKey, Attached]
"""The rows of one account."""

_UNSET = Settings()


def membership(
    tree: Tree,
    rows: Iterable[Attached],
    *,
    gated: bool,
    packs: Collection[str] | None = None,
) -> Iterator[Member]:
    """What manifests, automatic groups and the accounts themselves amount to, against `rows`.

    `rows` are all there are, with `packs` all of these packs, and nothing is said of others. They
    lie together by account and are looked at once, so that a million cost no memory. Does not
    depend on time. `gated` False (a cold store) lets an automatic group add rows of a retired pack,
    so that a lost store comes back whole.
    """
    wanted = _Wanted(tree, gated, packs)
    for account, own in _by_account(rows, wanted.accounts):
        kept = wanted.of(account, own)
        for key, row in own.items():
            if key not in kept:
                yield Member(row, None, _reason_to_remove(tree, row))
        for key, row in kept.items():
            before = own.get(key)
            if before is not row and before != row:
                yield Member(before, row)


def _by_account(
    rows: Iterable[Attached], accounts: Iterable[str]
) -> Iterator[tuple[str, dict[AttachmentKey, Attached]]]:
    """Every account with its rows, those without any rows last."""
    left = set(accounts)
    for account, own in groupby(rows, key=lambda row: row.key.account):
        left.discard(account)
        yield account, {row.key: row for row in own}
    for account in sorted(left):
        yield account, {}


def population(
    base: InstallBase, tree: Tree, packs: Collection[str]
) -> Iterator[tuple[Siblings, bool]]:
    """The rows of these packs as `tree` will have them, alike ones as one, and whether each is new.

    What they run is what they run now; a new row runs nothing. Those of an account lie together.
    `base` is carried through renames. Rows of accounts for which nothing that decides about
    membership differs are grouped by the store, so that many cost little.
    """
    touched = _touched(base, tree, packs)
    rows = base.attachments
    if touched is None:
        own = rows.of_packs(packs)
    else:
        for found in rows.siblings(packs):
            if found.account not in touched:
                yield found, False
        own = (row for row in rows.of_accounts(touched) if row.key.pack in packs)
    gated = base.applied is not None and base.applied.gated
    wanted = _Wanted(tree, gated, packs)
    accounts = wanted.accounts if touched is None else touched
    for account, before in _by_account(own, accounts):
        suspended = account in tree.suspended
        for key, row in wanted.of(account, before).items():
            yield sibling(row, suspended=suspended), key not in before


def _touched(base: InstallBase, tree: Tree, packs: Collection[str]) -> Collection[str] | None:
    """The accounts whose rows of these packs may come, go or change; None for all of them."""
    if base.applied is None or not base.applied.settled:
        return None
    before = base.tree
    found = set(before.accounts.keys() ^ tree.accounts.keys())
    found |= before.suspended ^ tree.suspended
    for pack in packs:
        for old, new in ((before.entitled, tree.entitled), (before.automatic, tree.automatic)):
            found |= old.get(pack, _NOBODY) ^ new.get(pack, _NOBODY)
        if _is_retired(before, pack) != _is_retired(tree, pack):
            found |= tree.automatic.get(pack, _NOBODY)
    old_ones, new_ones = before.by_kind[Kind.ATTACHMENT], tree.by_kind[Kind.ATTACHMENT]
    for name in old_ones.keys() | new_ones.keys():
        one, other = old_ones.get(name), new_ones.get(name)
        if one is None or other is None or one.body != other.body:
            account, pack = name.split("/")[:2]
            if pack in packs:
                found.add(account)
    return found


_NOBODY: frozenset[str] = frozenset()


def _is_retired(tree: Tree, pack: str) -> bool:
    return pack in tree.packs and tree.packs[pack].retired is not None


class _Wanted:
    """The rows that should exist, account by account."""

    def __init__(self, tree: Tree, gated: bool, packs: Collection[str] | None) -> None:
        self._tree, self._gated = tree, gated
        self._declared: dict[str, list[Attachment]] = {}
        for spec in tree.attachments.values():
            if packs is None or spec.pack in packs:
                self._declared.setdefault(spec.account, []).append(spec)
        self._automatic: dict[str, list[str]] = {}
        for pack in sorted(tree.automatic.keys() & tree.packs.keys()):
            if packs is not None and pack not in packs:
                continue
            for account in tree.automatic[pack]:
                self._automatic.setdefault(account, []).append(pack)

    @property
    def accounts(self) -> Iterable[str]:
        """Those that a manifest or an automatic group speaks of."""
        return self._declared.keys() | self._automatic.keys()

    def of(self, account: str, own: Own) -> dict[AttachmentKey, Attached]:
        """All rows of one account that should exist."""
        found: dict[AttachmentKey, Attached] = {}
        for spec in self._declared.get(account, ()):
            row = declared_row(self._tree, spec, own)
            found[row.key] = row
        self._add_automatic(account, own, found)
        for key, row in own.items():
            if key not in found and _stays(self._tree, row):
                entitled = account in self._tree.entitled.get(key.pack, ())
                found[key] = _undeclared(row, AttachmentOrigin.ACCOUNT, entitled)
        return found

    def _add_automatic(self, account: str, own: Own, found: dict[AttachmentKey, Attached]) -> None:
        packs = self._automatic.get(account)
        if packs is None:
            return
        # After a rename the instance keeps the pack's former name: the row is found by its origin.
        existing = {
            key.pack: key for key, row in own.items() if row.origin is AttachmentOrigin.AUTOMATIC
        }
        for pack in packs:
            spec = self._tree.packs[pack]
            instance = pack if spec.attachment is AttachmentMode.MULTIPLE else ""
            named = AttachmentKey(account=account, pack=pack, instance=instance)
            key = existing.get(pack, named)
            if key in found or named in found:
                continue
            row = own.get(key)
            if row is None and spec.retired is not None and self._gated:
                continue
            row = row or Attached(key=key, origin=AttachmentOrigin.AUTOMATIC)
            found[key] = _undeclared(row, AttachmentOrigin.AUTOMATIC, entitled=True)


def declared_row(tree: Tree, spec: Attachment, own: Own) -> Attached:
    """The row that a manifest asks for; what the account asked for itself stays beside it."""
    key = AttachmentKey(account=spec.account, pack=spec.pack, instance=spec.instance or "")
    row = own.get(key) or Attached(key=key, origin=AttachmentOrigin.MANIFEST)
    return replace(
        row,
        origin=AttachmentOrigin.MANIFEST,
        entitled=spec.account in tree.entitled.get(spec.pack, ()),
        declared=Settings(environments=spec.environments, extensions=spec.extensions),
        adopt_declared=spec.adopt,
        hold_until=spec.hold.until_on if spec.hold else None,
        hold_reason=spec.hold.reason if spec.hold else None,
    )


def _stays(tree: Tree, row: Attached) -> bool:
    """Whether a row that no manifest and no automatic group asks for any more is kept."""
    key = row.key
    if key.account not in tree.accounts or key.pack not in tree.packs:
        return False
    if row.origin is AttachmentOrigin.AUTOMATIC:
        return key.account in tree.entitled.get(key.pack, ())
    return row.origin is AttachmentOrigin.ACCOUNT


def _reason_to_remove(tree: Tree, row: Attached) -> str:
    key = row.key
    if key.account not in tree.accounts:
        return f"account {key.account} was deleted"
    if key.pack not in tree.packs:
        return f"pack {key.pack} was deleted"
    if row.origin is AttachmentOrigin.MANIFEST:
        return "its manifest was deleted"
    return f"account {key.account} is in no group with {key.pack} any more"


def _undeclared(row: Attached, origin: AttachmentOrigin, entitled: bool) -> Attached:
    as_it_should_be = (
        row.origin is origin
        and row.entitled == entitled
        and row.adopt_declared is None
        and row.hold_until is None
        and row.hold_reason is None
        and row.declared == _UNSET
    )
    if as_it_should_be:  # most rows of most passes: a million copies would say the same
        return row
    return replace(
        row,
        origin=origin,
        entitled=entitled,
        declared=_UNSET,
        adopt_declared=None,
        hold_until=None,
        hold_reason=None,
    )
