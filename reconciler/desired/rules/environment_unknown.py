"""Rule environment-unknown: an attachment runs in environments that its account has."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.nearest import Nearest
from reconciler.desired.phrases import listed
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """An account that is not declared is unknown-reference."""
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        account = context.tree.accounts.get(attachment.account)
        if account is None or not attachment.environments:
            continue
        names = [environment.name for environment in account.environments]
        known = frozenset(names)
        for index, name in enumerate(attachment.environments):
            if name in known:
                continue
            has = f"it has {listed(names)}" if names else "it declares no environments"
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "environments", index),
                message=f'{account.name} has no environment "{name}".',
                hint=Nearest(names).hint(name) or f"{has}.",
            )


RULE = Rule(
    id="environment-unknown",
    summary="An attachment names environments that its account has.",
    check=check,
)
