"""A revision and the rows that exist -> the rows that should exist, and why (SPEC section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reconciler.model.base import Attached, AttachmentKey, AttachmentOrigin, Settings
from reconciler.model.declarations import Attachment, AttachmentMode
from reconciler.model.tree import Tree

Rows = Mapping[AttachmentKey, Attached]

_UNSET = Settings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`rows` are those that should exist, `removed` those that should not, each with its reason.

    What a row runs is not decided here: `release` is as it was, None for a new row.
    """

    rows: Rows
    removed: Mapping[AttachmentKey, str]


def membership(tree: Tree, rows: Rows, *, gated: bool) -> Membership:
    """Which attachments should exist, from manifests, automatic groups and the accounts themselves.

    Does not depend on time. `gated` False (a cold store) lets an automatic group add rows of a
    retired pack, so that a lost store comes back whole.
    """
    wanted: dict[AttachmentKey, Attached] = {}
    for spec in tree.attachments.values():
        found = declared_row(tree, spec, rows)
        wanted[found.key] = found
    wanted.update(_automatic(tree, rows, wanted, gated))
    removed: dict[AttachmentKey, str] = {}
    for key, row in rows.items():
        if key in wanted:
            continue
        reason = _reason_to_remove(tree, row)
        if reason is None:
            entitled = key.account in tree.entitled.get(key.pack, ())
            wanted[key] = _undeclared(row, AttachmentOrigin.ACCOUNT, entitled)
        else:
            removed[key] = reason
    return Membership(rows=wanted, removed=removed)


def declared_row(tree: Tree, spec: Attachment, rows: Rows) -> Attached:
    """The row that a manifest asks for; what the account asked for itself stays beside it."""
    key = AttachmentKey(account=spec.account, pack=spec.pack, instance=spec.instance or "")
    row = rows.get(key) or Attached(key=key, origin=AttachmentOrigin.MANIFEST)
    return replace(
        row,
        origin=AttachmentOrigin.MANIFEST,
        entitled=spec.account in tree.entitled.get(spec.pack, ()),
        declared=Settings(environments=spec.environments, extensions=spec.extensions),
        adopt_declared=spec.adopt,
        hold_until=spec.hold.until_on if spec.hold else None,
        hold_reason=spec.hold.reason if spec.hold else None,
    )


def _automatic(tree: Tree, rows: Rows, wanted: Rows, gated: bool) -> dict[AttachmentKey, Attached]:
    found: dict[AttachmentKey, Attached] = {}
    # After a rename the instance keeps the pack's former name: the row is found by its origin.
    existing = {
        (key.account, key.pack): key
        for key, row in rows.items()
        if row.origin is AttachmentOrigin.AUTOMATIC
    }
    for pack, accounts in tree.automatic.items():
        spec = tree.packs.get(pack)
        if spec is None:
            continue
        instance = pack if spec.attachment is AttachmentMode.MULTIPLE else ""
        for account in sorted(accounts):
            named = AttachmentKey(account=account, pack=pack, instance=instance)
            key = existing.get((account, pack), named)
            if key in wanted or named in wanted:
                continue
            row = rows.get(key)
            if row is None and spec.retired is not None and gated:
                continue
            row = row or Attached(key=key, origin=AttachmentOrigin.AUTOMATIC)
            found[key] = _undeclared(row, AttachmentOrigin.AUTOMATIC, entitled=True)
    return found


def _reason_to_remove(tree: Tree, row: Attached) -> str | None:
    key = row.key
    if key.account not in tree.accounts:
        return f"account {key.account} was deleted"
    if key.pack not in tree.packs:
        return f"pack {key.pack} was deleted"
    if row.origin is AttachmentOrigin.MANIFEST:
        return "its manifest was deleted"
    entitled = key.account in tree.entitled.get(key.pack, ())
    if row.origin is AttachmentOrigin.AUTOMATIC and not entitled:
        return f"account {key.account} is in no group with {key.pack} any more"
    return None


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
