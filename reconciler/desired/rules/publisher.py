"""Rule publisher: a repository has exactly one Publisher."""

from collections.abc import Iterator

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """None at all is found at publisher.yaml, each one too many where it is declared."""
    declared = [
        *context.tree.by_kind[Kind.PUBLISHER].values(),
        *(later for _, later in context.tree.duplicates if later.kind is Kind.PUBLISHER),
    ]
    if not declared:
        if not any(kind == Kind.PUBLISHER for kind, _ in context.tree.broken):
            yield Problem(
                rule=RULE.id,
                origin=None,
                message="The repository declares no Publisher.",
                hint="declare one in publisher.yaml: kind: Publisher, with spec.timeZone.",
            )
        return
    first, *others = sorted(declared, key=_place)
    for other in others:
        yield Problem(
            rule=RULE.id,
            origin=other.origin,
            message=f'Publisher "{other.name}" is one too many: '
            f"{_path(first)} declares one already.",
            hint="keep one Publisher and delete the others.",
        )


def _place(declaration: Declaration) -> tuple[str, int, int]:
    origin = declaration.origin
    return ("", 0, 0) if origin is None else (origin.path, origin.document, origin.item or 0)


def _path(declaration: Declaration) -> str:
    return "another document" if declaration.origin is None else declaration.origin.path


RULE = Rule(
    id="publisher",
    summary="A repository declares exactly one Publisher.",
    check=check,
)
