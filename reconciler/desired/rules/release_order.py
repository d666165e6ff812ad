"""Rule release-order: a new release is higher than every release that the pack ever had."""

from collections.abc import Iterator

from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.findings import Problem
from reconciler.model.versions import semver_key


def check(context: Context) -> Iterator[Problem]:
    """A release that was deleted and comes back as it was is not new."""
    recorded = Recorded(context.store, context.base)
    for declaration, release in recorded.new_releases(context.tree):
        highest = recorded.highest(release.pack)
        if highest is None or recorded.release(release.pack, release.version) is not None:
            continue
        if semver_key(release.version) > semver_key(highest):
            continue
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "version"),
            message=f"{release.pack} {release.version} is not higher than {highest}"
            f"{_remark(context, release.pack, highest)}, the highest release that the pack had.",
            hint=f"call it {recorded.following(release.pack, context.tree)}.",
        )


def _remark(context: Context, pack: str, version: str) -> str:
    if version not in context.tree.releases.get(pack, {}):
        return " (deleted since)"
    life = context.lifecycles.get(pack)
    return " (pending)" if life is not None and version in life.testing else ""


RULE = Rule(
    id="release-order",
    summary="A new release is higher than every release that its pack ever had.",
    check=check,
)
