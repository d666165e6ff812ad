"""Rule process-route: a process that contains a process route can't be shareable."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import ComponentType, Kind, PackagedComponent
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A state rule: judges every packaged process, and tells one route of each."""
    for declaration in context.tree.by_kind[Kind.PACKAGED_COMPONENT].values():
        spec = cast(PackagedComponent, declaration.spec)
        if not spec.shareable or spec.type is not ComponentType.PROCESS:
            continue
        for index, item in enumerate(spec.contains):
            if item.type == ComponentType.PROCESS_ROUTE:
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("spec", "contains", index),
                    message=f"{spec.component} {spec.version} contains the process route "
                    f'"{item.name}" and can\'t be shareable.',
                    hint="package the process without the route, or take shareable out.",
                )
                break


RULE = Rule(
    id="process-route",
    summary="A process that contains a process route is not shareable.",
    check=check,
)
