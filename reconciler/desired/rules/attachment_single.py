"""Rule attachment-single: a single pack is attached once in an account."""

from collections.abc import Iterator
from itertools import chain
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, AttachmentMode, Declaration, Kind
from reconciler.model.findings import Problem
from reconciler.model.tree import Tree


def check(context: Context) -> Iterator[Problem]:
    """Whatever the instances are called; found at each attachment but the first in path order."""
    for first, later in second_attachments(context.tree):
        attachment = cast(Attachment, later.spec)
        yield Problem(
            rule=RULE.id,
            origin=later.origin,
            pointer=("spec", "pack"),
            message=f"{attachment.account} has {attachment.pack} already ({place(first)}), and "
            "the pack is single: one attachment an account.",
            hint="delete one of the two; only a multiple pack can be attached again.",
        )


def second_attachments(tree: Tree) -> Iterator[tuple[Declaration, Declaration]]:
    """The first attachment of a single pack in an account, and each later one of it."""
    firsts: dict[tuple[str, str], Declaration] = {}
    for declaration in in_path_order(tree):
        attachment = cast(Attachment, declaration.spec)
        pack = tree.packs.get(attachment.pack)
        if pack is None or pack.attachment is not AttachmentMode.SINGLE:
            continue
        first = firsts.setdefault((attachment.account, attachment.pack), declaration)
        if first is not declaration:
            yield first, declaration


def in_path_order(tree: Tree) -> list[Declaration]:
    """All attachments, also those whose identity another one has."""
    doubles = (later for _, later in tree.duplicates if later.kind is Kind.ATTACHMENT)
    return sorted(chain(tree.by_kind[Kind.ATTACHMENT].values(), doubles), key=_position)


def _position(declaration: Declaration) -> tuple[str, int, int]:
    origin = declaration.origin
    return ("", 0, 0) if origin is None else (origin.path, origin.document, origin.item or 0)


def place(declaration: Declaration) -> str:
    """Where the other one lies."""
    return declaration.name if declaration.origin is None else declaration.origin.path


RULE = Rule(
    id="attachment-single",
    summary="An account has at most one attachment of a single pack.",
    check=check,
)
