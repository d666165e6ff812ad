"""Rule pack-retired: a retired pack gets no new attachment."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.base import AttachmentKey
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A change rule on declared attachments; one that a manifest takes over exists already."""
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        pack = context.tree.packs.get(attachment.pack)
        if pack is None or pack.retired is None or not context.is_new(declaration):
            continue
        if not _exists(context, attachment):
            retiring = context.tree.get(Kind.INTEGRATION_PACK, attachment.pack)
            yield Problem(
                rule=RULE.id,
                origin=retiring.origin if retiring else declaration.origin,
                pointer=("spec", "retired"),
                message=f"{attachment.pack} is retired ({pack.retired}) and gets no new attachment:"
                f" {declaration.name} is new.",
                hint=f"delete that attachment, or take retired out of {attachment.pack}.",
            )


def _exists(context: Context, attachment: Attachment) -> bool:
    key = AttachmentKey(
        account=attachment.account, pack=attachment.pack, instance=attachment.instance or ""
    )
    return context.store is not None and key in context.store.attachments


RULE = Rule(
    id="pack-retired",
    summary="A retired pack gets no new attachment.",
    check=check,
)
