"""Rule renamed-from: a former name is free, and one document claims it."""

from collections.abc import Iterator

from reconciler.desired.renames import RENAMABLE
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Looks at packs, accounts and groups, in path order."""
    for kind in RENAMABLE:
        declared = context.tree.by_kind[kind]
        claimed: dict[str, str] = {}
        for declaration in declared.values():
            for index, former in enumerate(declaration.renamed_from):
                claimant = claimed.setdefault(former, declaration.name)
                if former in declared:
                    message = f'{kind} "{former}" is still declared, so "{declaration.name}" is'
                    message += " not its new name."
                    hint = f'delete "{former}", or take it out of renamedFrom.'
                elif claimant != declaration.name:
                    message = f'"{claimant}" and "{declaration.name}" both claim to be'
                    message += f' the former {kind} "{former}".'
                    hint = "keep renamedFrom at the one that carries its attachments on."
                else:
                    continue
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("metadata", "renamedFrom", index),
                    message=message,
                    hint=hint,
                )


RULE = Rule(
    id="renamed-from",
    summary="A former name is declared no more, and only one document claims it.",
    check=check,
)
