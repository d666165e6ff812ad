"""Rule release-immutable: what was released stays as it was."""

from collections.abc import Iterator

from reconciler.desired.phrases import listed
from reconciler.desired.recorded import Recorded, Refusal
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Kind, Release
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Before it is promoted a release may be re-dated; notes and assessment may always change."""
    if context.base is None:
        return
    recorded = Recorded(context.store, context.base)
    for declaration in context.tree.by_kind[Kind.RELEASE].values():
        release = declaration.spec
        assert isinstance(release, Release)
        refusal = recorded.refusal(declaration, context.promoted)
        if refusal is None:
            continue
        following = recorded.following(release.pack, context.tree)
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=refusal.edits[0].pointer,
            message=f"{release.pack} {release.version} {_reason(refusal)}: "
            f"{listed(edit.text for edit in refusal.edits)}.",
            hint=f"put it back as it was, and release the change as {following}.",
        )


def _reason(refusal: Refusal) -> str:
    if refusal.came_back:
        return "was deleted and may come back only as it was"
    if {edit.field for edit in refusal.edits} & {"components", "removes"}:
        return "is released, and what it holds can't change any more"
    return "took effect already, and only its notes and assessment may change"


RULE = Rule(
    id="release-immutable",
    summary="An accepted release never changes what it holds, nor its date once it took effect.",
    check=check,
)
