"""Rule duplicate-name: nothing is declared twice."""

from collections.abc import Iterator, Mapping

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.findings import Problem

# Kinds whose clashes another rule tells better: publisher, attachment-single, attachment-instance.
_TOLD_ELSEWHERE = frozenset({Kind.PUBLISHER, Kind.ATTACHMENT})

_IDENTITY: Mapping[Kind, tuple[str, str]] = {
    Kind.PACKAGED_COMPONENT: ("spec", "version"),
    Kind.PUBLISHED_PROCESS: ("spec", "revision"),
    Kind.PROCESS_TEMPLATE: ("spec", "component"),
    Kind.RELEASE: ("spec", "version"),
}


def check(context: Context) -> Iterator[Problem]:
    """Found at the document that comes later in path order; it means the identity."""
    for first, later in context.tree.duplicates:
        if later.kind in _TOLD_ELSEWHERE:
            continue
        pointer = _IDENTITY.get(later.kind, ("metadata", "name"))
        yield Problem(
            rule=RULE.id,
            origin=later.origin,
            pointer=pointer,
            message=f"{later.kind} {_spoken(later)} is declared already, {_place(first, later)}.",
            hint=f"delete one of the two, or give this one another {pointer[-1]}.",
        )


def _spoken(declaration: Declaration) -> str:
    return declaration.name.replace("@", " ")


def _place(first: Declaration, later: Declaration) -> str:
    if first.origin is None or later.origin is None:
        return "elsewhere"
    if first.origin.path != later.origin.path:
        return f"in {first.origin.path}"
    return "earlier in this file"


RULE = Rule(
    id="duplicate-name",
    summary="A name, or whatever the kind's identity is, is declared once per kind.",
    check=check,
)
