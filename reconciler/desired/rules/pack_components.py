"""Rule pack-components: every component of a pack has a version that could be released."""

from collections.abc import Iterable, Iterator

from reconciler.desired.rules.contents import PACKABLE, Content, packs, versions_for
from reconciler.desired.rules.context import Context
from reconciler.desired.rules.rule import Rule
from reconciler.model.declarations import Deployment, IntegrationPack, Kind, PackagedComponent
from reconciler.model.findings import Problem


def check(context: Context) -> Iterator[Problem]:
    """A state rule, found at the component in the pack.

    A component that does not exist at all is an unknown-reference, one of a type that can't be in
    a pack a pack-content-type.
    """
    maybe_shareable = _broken_components(context)
    for declaration, pack in packs(context):
        for index, component in enumerate(pack.components):
            if {component, None} & maybe_shareable:
                continue
            fault = _fault(context, pack, component)
            if fault is not None:
                message, hint = fault
                yield Problem(
                    rule=RULE.id,
                    origin=declaration.origin,
                    pointer=("spec", "components", index),
                    message=message,
                    hint=hint,
                )


def _broken_components(context: Context) -> set[str | None]:
    """Components with a version in a document that could not be read; None means any."""
    contents = (Kind.PACKAGED_COMPONENT, Kind.PUBLISHED_PROCESS)
    return {
        None if name is None else name.partition("@")[0]
        for kind, name in context.tree.broken
        if kind in contents
    }


def _fault(context: Context, pack: IntegrationPack, component: str) -> tuple[str, str] | None:
    packaged = versions_for(context, Deployment.PACKAGED).get(component, {})
    published = versions_for(context, Deployment.LEGACY).get(component, {})
    if pack.deployment is Deployment.LEGACY:
        if published or not packaged:
            return None
        return (
            f"{component} has no published process, and {pack.name} has deployment: legacy.",
            f"declare a PublishedProcess of {component}; packaged versions don't count here.",
        )
    if _any_shareable(packaged.values()) or not (packaged or published):
        return None
    if any(newest.type not in PACKABLE for newest in list(packaged.values())[-1:]):
        return None
    return (
        f"No version of {component} is shareable, so {pack.name} can't release it.",
        f"package a shareable version: reconciler package {component} --version V --shareable.",
    )


def _any_shareable(versions: Iterable[Content]) -> bool:
    return any(isinstance(one, PackagedComponent) and one.shareable for one in versions)


RULE = Rule(
    id="pack-components",
    summary="Every component of a pack has a shareable version; in a legacy pack, a published "
    "process.",
    check=check,
)
