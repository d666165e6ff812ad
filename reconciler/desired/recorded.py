"""The store and the base -> every release that a pack ever had, and what may not change in it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from reconciler.desired.lifecycle import Lifecycle
from reconciler.model.base import InstallBase, ReleaseRecord
from reconciler.model.declarations import NOTHING, Declaration, Kind, Release
from reconciler.model.tree import Tree
from reconciler.model.versions import is_semver, next_version, semver_key

_WHILE_NOT_PROMOTED = frozenset({"schedule", "emergency", "notes", "assessment"})
_ALWAYS = frozenset({"notes", "assessment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A field of a release that an edit changed; `text` tells what became of it."""

    field: str
    pointer: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Edits of an accepted release that are not allowed; `came_back`: it had been deleted."""

    edits: tuple[Edit, ...]
    came_back: bool
    promoted: bool


class Recorded:
    """What was accepted before this revision: by the store, and in any case what the base declares.

    Without a base there is nothing to compare with, and nothing counts as new or edited.
    """

    def __init__(self, store: InstallBase | None, base: Tree | None) -> None:
        self._packs = store.packs if store is not None else NOTHING
        self._base = base
        self._highest: dict[str, str | None] = {}
        self._promoted: dict[str, frozenset[str]] = {}

    def release(self, pack: str, version: str) -> ReleaseRecord | None:
        """The store's record of a release, also of one that is declared no more."""
        record = self._packs.get(pack)
        return None if record is None else record.releases.get(version)

    def highest(self, pack: str) -> str | None:
        """The highest version that the pack ever had, or None."""
        if pack not in self._highest:
            versions = set(self._of_base(pack))
            if pack in self._packs:
                versions.update(self._packs[pack].releases)
            self._highest[pack] = max(versions, key=semver_key, default=None)
        return self._highest[pack]

    def following(self, pack: str, tree: Tree) -> str:
        """A version above every release that the pack ever had or that `tree` declares."""
        versions = {self.highest(pack), *list(tree.releases.get(pack, ()))[-1:]} - {None}
        return next_version(max(cast(set[str], versions), key=semver_key, default=None))

    def is_new(self, declaration: Declaration) -> bool:
        """Whether change rules on content judge this release.

        The base lacks it, and it is not one that was deleted and comes back: different
        (release-immutable tells that alone), or just as it was when it had once been promoted.
        """
        release = cast(Release, declaration.spec)
        if self._base is None or declares(self._base, Kind.RELEASE, declaration.name):
            return False
        record = self.release(release.pack, release.version)
        if record is None:
            return is_semver(release.version)
        return record.promoted_at is None and not any(edits_between(record.release, release))

    def new_releases(self, tree: Tree) -> Iterator[tuple[Declaration, Release]]:
        """The releases of `tree` that change rules on content judge."""
        if self._base is None:
            return
        for declaration in tree.by_kind[Kind.RELEASE].values():
            if self.is_new(declaration):
                yield declaration, cast(Release, declaration.spec)

    def refusal(
        self, declaration: Declaration, promoted: Callable[[str], frozenset[str]]
    ) -> Refusal | None:
        """What rule release-immutable forbids of what was edited, or None.

        `promoted` gives the versions of a pack that count as having become effective.
        """
        if self._base is None:
            return None
        release = cast(Release, declaration.spec)
        before = self._base.get(Kind.RELEASE, declaration.name)
        if before is not None:
            if before.body == declaration.body:
                return None
            if release.pack not in self._promoted:
                self._promoted[release.pack] = promoted(release.pack)
            is_promoted = release.version in self._promoted[release.pack]
            allowed = _ALWAYS if is_promoted else _WHILE_NOT_PROMOTED
            return _refusal(cast(Release, before.spec), release, allowed, False, is_promoted)
        record = self.release(release.pack, release.version)
        if record is None:
            return None
        is_promoted = record.promoted_at is not None
        return _refusal(record.release, release, frozenset(), True, is_promoted)

    def _of_base(self, pack: str) -> Mapping[str, Release]:
        return self._base.releases.get(pack, NOTHING) if self._base is not None else NOTHING


def declares(base: Tree, kind: Kind, name: str) -> bool:
    """Whether the base has this, or may have it in a document that can't be read.

    A document that is only repaired is not new.
    """
    known = base.get(kind, name) is not None
    return known or (kind, name) in base.broken or (kind, None) in base.broken


def _refusal(
    before: Release, after: Release, allowed: frozenset[str], came_back: bool, promoted: bool
) -> Refusal | None:
    edits = tuple(edit for edit in edits_between(before, after) if edit.field not in allowed)
    return Refusal(edits=edits, came_back=came_back, promoted=promoted) if edits else None


def edits_between(before: Release, after: Release) -> Iterator[Edit]:
    """Which fields differ, the components first."""
    for component in sorted({*before.components, *after.components}):
        old, new = before.components.get(component), after.components.get(component)
        if old != new:
            yield Edit(
                field="components",
                pointer=("spec", "components", component),
                text=f"{component} {old or 'not there'} → {new or 'not there'}",
            )
    if set(before.removes) != set(after.removes):
        yield _edit("removes", ", ".join(before.removes), ", ".join(after.removes))
    if before.date_text != after.date_text:
        yield _edit("schedule", before.date_text or "immediate", after.date_text or "immediate")
    if before.emergency != after.emergency:
        yield _edit("emergency", str(before.emergency).lower(), str(after.emergency).lower())
    if before.notes != after.notes:
        yield Edit(field="notes", pointer=("spec", "notes"), text="other notes")
    if (before.impact, before.regression) != (after.impact, after.regression):
        yield Edit(field="assessment", pointer=("spec", "assessment"), text="another assessment")


def _edit(field: str, old: str, new: str) -> Edit:
    text = f"{field} {old or 'nothing'} → {new or 'nothing'}"
    return Edit(field=field, pointer=("spec", field), text=text)


def release_before(version: str, now: Lifecycle, base: Lifecycle | None) -> str | None:
    """The current release that a new release, `version`, is to follow; None when there is none.

    `now` and `base` are the lifecycles of its pack in this revision and in the base. A release that
    takes effect at once follows what the install base runs, or the effective release below it; one
    that waits for its date follows what is current then. None too for a release that is lower than
    current: it never gets to anybody.
    """
    running = base.current if base is not None else None
    if now.current is None:
        return running if _is_lower(running, version) else None
    place = bisect_left(now.effective, semver_key(version), key=semver_key)
    if now.effective[place : place + 1] != (version,):
        return now.current if _is_lower(now.current, version) else None
    if running is not None and not _is_lower(running, version):
        return None
    below = (running, now.effective[place - 1] if place else None)
    return max((v for v in below if v is not None), key=semver_key, default=None)


def _is_lower(version: str | None, than: str) -> bool:
    return version is not None and semver_key(version) < semver_key(than)
