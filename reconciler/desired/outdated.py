"""A tree -> the packs that could have newer components, and what is new in these."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.desired.newest import NewerVersion, newer_versions
from reconciler.desired.schedule import life_of, record_of
from reconciler.model.base import InstallBase
from reconciler.model.declarations import NOTHING
from reconciler.model.tree import Tree
from reconciler.model.versions import component_key


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerComponent:
    """A component of a pack whose newest shareable version its newest release lacks.

    `released` None: that release does not have it at all. `skipped` are the shareable versions
    between the two, `notes` (version, notes) those of these and of the newest; both rise.
    """

    component: str
    released: str | None
    newest: str
    skipped: tuple[str, ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedPack:
    """A pack with newer components than `newest_release` has; `pending` None: none is pending."""

    name: str
    newest_release: str
    pending: str | None
    retired: bool
    components: tuple[NewerComponent, ...]


def outdated(tree: Tree, store: InstallBase | None, now: datetime) -> tuple[OutdatedPack, ...]:
    """The packs that could be released with newer components, in order of name.

    Raises AuthoringRefused when the tree has no publisher that can be read.
    """
    found = []
    for name in sorted(tree.packs):
        newer = newer_versions(tree, name)
        if not newer:
            continue
        found.append(
            OutdatedPack(
                name=name,
                newest_release=list(tree.releases[name])[-1],
                pending=life_of(tree, name, record_of(store, name), now).pending,
                retired=tree.packs[name].retired is not None,
                components=tuple(_component(tree, one) for one in newer),
            )
        )
    return tuple(found)


def _component(tree: Tree, newer: NewerVersion) -> NewerComponent:
    between = tuple(_between(tree, newer))
    versions = tree.components.get(newer.component, NOTHING)
    noted = (
        (version, versions[version].notes)
        for version in (*between, newer.newest)
        if version in versions
    )
    return NewerComponent(
        component=newer.component,
        released=newer.released,
        newest=newer.newest,
        skipped=between,
        notes=tuple((version, notes) for version, notes in noted if notes),
    )


def _between(tree: Tree, newer: NewerVersion) -> Iterator[str]:
    """Shareable versions above the released one and below the newest; none of a new component."""
    if newer.released is None:
        return
    lowest, highest = component_key(newer.released), component_key(newer.newest)
    for version, packaged in tree.components.get(newer.component, NOTHING).items():
        if packaged.shareable and lowest < component_key(version) < highest:
            yield version
