"""Rule shareable-type: only processes and API services may be shareable."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import ComponentType, Kind, PackagedComponent
from reconciler.model.findings import Problem

_SHAREABLE = frozenset({ComponentType.PROCESS, ComponentType.API_SERVICE})


def check(context: Context) -> Iterator[Problem]:
    """A state rule: judges every packaged component."""
    for declaration in context.tree.by_kind[Kind.PACKAGED_COMPONENT].values():
        spec = cast(PackagedComponent, declaration.spec)
        if spec.shareable and spec.type not in _SHAREABLE:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "shareable"),
                message=f"{spec.component} {spec.version} is a {spec.type} and can't be shareable.",
                hint="only a process or an api-service can: take shareable out.",
            )


RULE = Rule(
    id="shareable-type",
    summary="Only a process or an API service may be shareable.",
    check=check,
)
