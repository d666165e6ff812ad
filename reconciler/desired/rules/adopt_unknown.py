"""Rule adopt-unknown: an attachment adopts a release that there is."""

from collections.abc import Iterator
from typing import cast

from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Attachment, Kind
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """A pack that is not declared is unknown-reference."""
    tree = context.tree
    for declaration in tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        pack, version = attachment.pack, attachment.adopt
        if version is None or pack not in tree.packs:
            continue
        name = f"{pack}@{version}"
        if tree.get(Kind.RELEASE, name) is not None or context.is_broken(Kind.RELEASE, name):
            continue
        life = context.lifecycles.get(pack)
        pending = life.pending if life is not None else None
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "adopt"),
            message=f"{pack} has no release {version} to adopt; {declaration.name} stays on "
            "current.",
            hint=f"{pending} is the pending release." if pending else "take adopt out.",
        )


RULE = Rule(
    id="adopt-unknown",
    severity=Severity.WARNING,
    summary="The release that an attachment adopts exists.",
    check=check,
)
