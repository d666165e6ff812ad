"""Rule newer-version: says what could be released; nothing is re-released by itself."""

from collections.abc import Iterator

from reconciler.desired.newest import NewerVersion, newer_versions
from reconciler.desired.recorded import Recorded
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Declaration, Kind, Release
from reconciler.model.findings import Problem, Severity


def check(context: Context) -> Iterator[Problem]:
    """Looks at the newest release of each pack; what a new one lacks is release-incomplete."""
    recorded = Recorded(context.store, context.base)
    for pack in context.tree.packs:
        found = newer_versions(context.tree, pack)
        if not found:
            continue
        newest = list(context.tree.releases[pack])[-1]
        declaration = context.tree.get(Kind.RELEASE, f"{pack}@{newest}")
        assert declaration is not None
        is_new = recorded.is_new(declaration)
        for newer in found:
            if newer.released is not None or not is_new:
                yield _problem(declaration, newer)


def _problem(declaration: Declaration, newer: NewerVersion) -> Problem:
    release = declaration.spec
    assert isinstance(release, Release)
    name = f"{release.pack} {release.version}"
    component = newer.component
    if newer.released is None:
        pointer: tuple[str, ...] = ("spec", "components")
        message = f"{component} is listed in pack {release.pack} and not in {name}."
    else:
        pointer = ("spec", "components", component)
        message = f"{component} {newer.newest} is newer than {newer.released}, which {name} has."
    return Problem(
        rule=RULE.id,
        origin=declaration.origin,
        pointer=pointer,
        message=message,
        hint=f"nothing is re-released by itself: reconciler release {release.pack} --on DATE "
        "releases the newest versions.",
    )


RULE = Rule(
    id="newer-version",
    severity=Severity.INFO,
    summary="The newest release of a pack has the newest shareable versions of its components.",
    check=check,
)
