"""Rule release-removes: a component is dropped on purpose, or not at all."""

from collections.abc import Iterator, Mapping

from reconciler.desired.phrases import listed
from reconciler.desired.recorded import Recorded, release_before
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Release
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Looks at new releases, each beside the current release that it is to follow."""
    recorded = Recorded(context.store, context.base)
    for declaration, release in recorded.new_releases(context.tree):
        before = followed(context, release)
        if before is None:
            continue
        dropped = [
            component
            for component in before.components
            if component not in release.components and component not in release.removes
        ]
        if not dropped:
            continue
        removes = ", ".join([*release.removes, *dropped])
        it = "it" if len(dropped) == 1 else "them"
        yield Problem(
            rule=RULE.id,
            origin=declaration.origin,
            pointer=("spec", "removes" if release.removes else "components"),
            message=f"{release.pack} {release.version} lacks {listed(dropped)}, "
            f"which {before.version} has, and does not say that it removes {it}.",
            hint=f"write removes: [{removes}], or name a version of {it}.",
        )


def followed(context: Context, release: Release) -> Release | None:
    """The current release that a new one is to follow, None when nothing is current."""
    now = context.lifecycles.get(release.pack)
    if now is None:
        return None
    version = release_before(release.version, now, context.base_lifecycles.get(release.pack))
    if version is None:
        return None
    base = context.base.releases if context.base is not None else {}
    none: Mapping[str, Release] = {}
    return base.get(release.pack, none).get(version) or context.tree.releases[release.pack][version]


RULE = Rule(
    id="release-removes",
    summary="A component that the current release has and a new one lacks is listed in removes.",
    check=check,
)
