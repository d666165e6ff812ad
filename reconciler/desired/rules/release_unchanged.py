"""Rule release-unchanged: a new release changes something."""

from collections.abc import Iterator

from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.release_removes import followed
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Looks at new releases, each beside the current release that it is to follow."""
    recorded = Recorded(context.store, context.base)
    for declaration, release in recorded.new_releases(context.tree):
        before = followed(context, release)
        if before is None or dict(before.components) != dict(release.components):
            continue
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "components"),
            message=f"{release.pack} {release.version} has the same component versions as "
            f"{before.version}, the current release.",
            hint="name a newer version of a component, or delete this manifest.",
        )


RULE = Rule(
    id="release-unchanged",
    summary="A new release has other component versions than the current one.",
    check=check,
)
