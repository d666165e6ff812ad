"""Rule release-incomplete: a new release names exactly the components of its pack."""

from collections.abc import Iterator

from reconciler.desired.nearest import Nearest
from reconciler.desired.newest import newest_version
from reconciler.desired.phrases import listed
from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Deployment, IntegrationPack, Release
from reconciler.model.findings import Problem
from reconciler.model.tree import Tree


def check(context: Context) -> Iterator[Problem]:
    """One problem for all that is missing, and one for each component that is too much."""
    recorded = Recorded(context.store, context.base)
    for declaration, release in recorded.new_releases(context.tree):
        pack = context.tree.packs.get(release.pack)
        if pack is None:
            continue
        missing = [c for c in dict.fromkeys(pack.components) if c not in release.components]
        listed_by_pack = frozenset(pack.components)
        surplus = [c for c in release.components if c not in listed_by_pack]
        if missing:
            yield _missing(context.tree, declaration, release, pack, missing)
        for component in surplus:
            yield _surplus(declaration, release, component, missing)


def _missing(
    tree: Tree,
    declaration: Declaration,
    release: Release,
    pack: IntegrationPack,
    missing: list[str],
) -> Problem:
    newest = ((c, newest_version(tree, c, pack.deployment)) for c in missing)
    quote = "" if pack.deployment is Deployment.LEGACY else '"'
    lines = [f"{c}: {quote}{version}{quote}" for c, version in newest if version is not None]
    add = f"add {listed(lines)}, or take" if lines else "take"
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", "components"),
        message=f"{release.pack} {release.version} has no version of {listed(missing)}, "
        "which the pack lists.",
        hint=f"{add} what is missing out of the pack until it is ready.",
    )


def _surplus(
    declaration: Declaration, release: Release, component: str, missing: list[str]
) -> Problem:
    hint = f"list {component} in pack {release.pack}, or take it out of the release."
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=("spec", "components", component),
        message=f"{release.pack} {release.version} names {component}, "
        "which the pack does not list.",
        hint=Nearest(missing).hint(component) or hint,
    )


RULE = Rule(
    id="release-incomplete",
    summary="A new release names exactly the components that its pack lists.",
    check=check,
)
