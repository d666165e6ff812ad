"""Rule hold-expired: says which hold is over."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem, Severity
from reconciler.model.windows import today


def check(context: Context) -> Iterator[Problem]:
    """A hold ends when the window of its date would open, in the publisher's zone."""
    if context.zone is None:
        return
    day = today(context.now, context.zone)
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        hold = cast(Attachment, declaration.spec).hold
        if hold is not None and hold.until_on <= day:
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "hold", "until"),
                message=f"The hold of {declaration.name} ended on {hold.until_on}; it holds "
                "nothing back any more.",
                hint="take hold out, or set a later date.",
            )


RULE = Rule(
    id="hold-expired",
    severity=Severity.INFO,
    summary="The hold of an attachment is not over.",
    check=check,
)
