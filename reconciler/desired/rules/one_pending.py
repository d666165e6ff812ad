"""Rule one-pending: a pack has one pending release at most."""

from collections.abc import Iterator

from reconciler.desired.lifecycle import release_window
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Kind
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """Found at each release above the lowest pending one; a date that is none is release-date."""
    zone = context.zone
    if zone is None:
        return
    for pack, life in context.lifecycles.items():
        if len(life.testing) < 2:
            continue
        releases = context.tree.releases[pack]
        dated = [v for v in life.testing if release_window(releases[v], zone) is not None]
        for version in dated[1:]:
            declaration = context.tree.get(Kind.RELEASE, f"{pack}@{version}")
            assert declaration is not None
            first = dated[0]
            yield Problem(
                rule=RULE.id,
                origin=declaration.origin,
                pointer=("spec", "schedule"),
                message=f"{pack} has more than one pending release: {first} on "
                f"{releases[first].date_text} and {version} on {releases[version].date_text}.",
                hint=f"withdraw {first} by deleting its manifest, make {version} immediate, "
                f"or merge {version} when the window of {first} has opened.",
            )


RULE = Rule(
    id="one-pending",
    summary="A pack has at most one pending release.",
    check=check,
)
