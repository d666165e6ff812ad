"""Rule adopt-idle: says which adopt has nothing left to do."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """A release that is not there at all is adopt-unknown."""
    for declaration in context.tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        pack, version = attachment.pack, attachment.adopt
        life = context.lifecycles.get(pack)
        if version is None or life is None or version in life.testing:
            continue
        if version not in context.tree.releases[pack]:
            continue
        now_is = (
            "the current release already"
            if version == life.current
            else f"not pending any more; {life.current} is current"
        )
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "adopt"),
            message=f"{pack} {version} is {now_is}, so {declaration.name} has nothing to adopt.",
            hint="take adopt out.",
        )


RULE = Rule(
    id="adopt-idle",
    severity=Severity.INFO,
    summary="The release that an attachment adopts is still pending.",
    check=check,
)
