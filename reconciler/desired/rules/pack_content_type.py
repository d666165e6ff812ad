"""Rule pack-content-type: routes, certificates and libraries can't be in a pack."""

from collections.abc import Iterator

from reconciler.desired.rules.contents import PACKABLE, held, packs
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A state rule, found at the component in the pack."""
    for declaration, pack in packs(context):
        told: set[int] = set()
        for index, component, content in held(context, pack):
            if content.type not in PACKABLE and index not in told:
                told.add(index)
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("spec", "components", index),
                    message=f"{component} is a {content.type}, which can't be in a pack.",
                    hint="a pack holds processes and API services; take it out.",
                )


RULE = Rule(
    id="pack-content-type",
    summary="Process routes, certificates and custom libraries are not in a pack.",
    check=check,
)
