"""Rule attachment-instance: the attachments of a multiple pack are told apart by instance name."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.attachment_single import in_path_order, place, second_attachments
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, AttachmentMode, Declaration
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Missing or taken on a multiple pack, given on a single one; attachment-single goes first."""
    told = {id(later) for _, later in second_attachments(context.tree)}
    firsts: dict[str, Declaration] = {}
    for declaration in in_path_order(context.tree):
        attachment = cast(Attachment, declaration.spec)
        pack = context.tree.packs.get(attachment.pack)
        if pack is None or id(declaration) in told:
            continue
        if pack.attachment is AttachmentMode.SINGLE:
            if attachment.instance is not None:
                yield _forbidden(declaration, attachment)
        elif attachment.instance is None:
            yield _missing(declaration, attachment)
        elif (first := firsts.setdefault(declaration.name, declaration)) is not declaration:
            yield _taken(first, declaration, attachment)


def _forbidden(declaration: Declaration, attachment: Attachment) -> Problem:
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", "instance"),
        message=f"{attachment.pack} is single, so its attachment in {attachment.account} has no "
        "instance name.",
        hint="take instance out.",
    )


def _missing(declaration: Declaration, attachment: Attachment) -> Problem:
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec",),
        message=f"{attachment.pack} is multiple, and this attachment in {attachment.account} has "
        "no instance name.",
        hint=f"name it, such as instance: {attachment.pack}.",
    )


def _taken(first: Declaration, declaration: Declaration, attachment: Attachment) -> Problem:
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", "instance"),
        message=f"{attachment.account} has an instance {attachment.instance} of {attachment.pack} "
        f"already ({place(first)}).",
        hint="give this one another instance name, or delete one of the two.",
    )


RULE = Rule(
    id="attachment-instance",
    summary="An attachment has an instance name, unique in its account, if its pack is multiple.",
    check=check,
)
