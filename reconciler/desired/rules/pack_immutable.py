"""Rule pack-immutable: the attachment mode and the deployment of a pack never change."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import packs
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import (
    AttachmentMode,
    Declaration,
    Deployment,
    IntegrationPack,
)
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A change rule; a pack that was deleted and comes back is held to what the store recorded."""
    if context.base is None:
        return
    for declaration, pack in packs(context):
        former = _former(context, declaration)
        if former is None:
            continue
        mode, deployment = former
        if pack.attachment is not mode:
            yield _problem(declaration, pack, "attachment", mode)
        if pack.deployment is not deployment:
            yield _problem(declaration, pack, "deployment", deployment)


def _former(context: Context, declaration: Declaration) -> tuple[AttachmentMode, Deployment] | None:
    before = context.base.packs.get(declaration.name) if context.base is not None else None
    if before is not None:
        return before.attachment, before.deployment
    record = context.store.packs.get(declaration.name) if context.store is not None else None
    return None if record is None else (record.mode, record.deployment)


def _problem(declaration: Declaration, pack: IntegrationPack, field: str, former: str) -> Problem:
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", field),
        message=f'{pack.name} has {field} "{former}", which never changes.',
        hint=f"write {field}: {former}, or declare a new pack under another name.",
    )


RULE = Rule(
    id="pack-immutable",
    summary="The attachment mode and the deployment of a pack never change.",
    check=check,
)
