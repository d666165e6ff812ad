"""Rule multiple-api-service: a pack that is installed several times holds processes only."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import held, packs
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import AttachmentMode, ComponentType
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A state rule, found at the component in the pack."""
    for declaration, pack in packs(context):
        if pack.attachment is not AttachmentMode.MULTIPLE:
            continue
        told: set[int] = set()
        for index, component, content in held(context, pack):
            if content.type is ComponentType.API_SERVICE and index not in told:
                told.add(index)
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("spec", "components", index),
                    message=f"{component} is an api-service, but {pack.name} may be attached "
                    "several times and holds processes only.",
                    hint="put it into a pack with attachment: single.",
                )


RULE = Rule(
    id="multiple-api-service",
    summary="A pack with attachment: multiple holds processes only.",
    check=check,
)
