"""Rule not-entitled: a declared attachment's account may install its pack."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.phrases import listed
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem
from reconciler.model.tree import Tree


def check(context: Context) -> Iterator[Problem]:
    """Not judged while a group can't be read: it may be the one."""
    tree = context.tree
    if any(kind == Kind.ACCOUNT_GROUP for kind, _ in tree.broken):
        return
    groups_by_pack: dict[str, list[str]] | None = None
    for declaration in tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        account, pack = attachment.account, attachment.pack
        if account not in tree.accounts or pack not in tree.packs:
            continue
        if account in tree.entitled.get(pack, ()):
            continue
        groups_by_pack = _groups_by_pack(tree) if groups_by_pack is None else groups_by_pack
        groups = groups_by_pack.get(pack)
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "account"),
            message=f"{account} is in no account group that has {pack}.",
            hint=_hint(account, pack, groups or []),
        )


def _hint(account: str, pack: str, groups: list[str]) -> str:
    if not groups:
        return f"add {pack} to a group that {account} is in, or delete this attachment."
    have = f"group {groups[0]} has" if len(groups) == 1 else f"groups {listed(groups)} have"
    return f"{have} it: add {account}, or delete this attachment."


def _groups_by_pack(tree: Tree) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, group in tree.groups.items():
        for pack in dict.fromkeys(resource.pack for resource in group.packs):
            found.setdefault(pack, []).append(name)
    return found


RULE = Rule(
    id="not-entitled",
    summary="The account of a declared attachment is in a group that has the pack.",
    check=check,
)
