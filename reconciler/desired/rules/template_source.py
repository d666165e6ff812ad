"""Rule template-source: a template of the process library is a shareable process."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import ComponentType, Kind, ProcessTemplate
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A state rule; a component or version that does not exist is an unknown-reference."""
    for declaration in context.tree.by_kind[Kind.PROCESS_TEMPLATE].values():
        template = cast(ProcessTemplate, declaration.spec)
        source = context.tree.components.get(template.component, {}).get(template.version)
        if source is None:
            continue
        if source.type is not ComponentType.PROCESS:
            field, fault = "component", f"is of type {source.type}; a template is a process."
            hint = "the process library shares processes only."
        elif not source.shareable:
            field, fault = "version", "is not shareable."
            hint = "name a shareable version, or package one: reconciler package "
            hint += f"{template.component} --version V --shareable."
        else:
            continue
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", field),
            message=f"{template.component} {template.version} {fault}",
            hint=hint,
        )


RULE = Rule(
    id="template-source",
    summary="A process template is a shareable process.",
    check=check,
)
