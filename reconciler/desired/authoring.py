"""A tree and what a publisher wants to release -> the Release manifest to write, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from reconciler.desired.contrast import contrast
from reconciler.desired.lifecycle import Lifecycle
from reconciler.desired.nearest import Nearest
from reconciler.desired.newest import newest_version
from reconciler.desired.proposal import VersionProposal, proposed_version
from reconciler.desired.schedule import declared_pack, life_of, record_of, window_of
from reconciler.errors import AuthoringRefused
from reconciler.model.base import InstallBase, PackRecord
from reconciler.model.declarations import (
    NOTHING,
    Deployment,
    IntegrationPack,
    Release,
)
from reconciler.model.tree import Tree
from reconciler.model.versions import Level, is_semver, next_version, raised, semver_key
from reconciler.model.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWish:
    """What the publisher asks for. `date_text` None means immediate.

    `version`, or the number of it that rises (`level`); both None: by what changes. `pins`:
    component -> version instead of the newest shareable one. `like`: a release of the pack whose
    component versions are taken over. `impact` and `regression` are paths.
    """

    pack: str
    date_text: str | None = None
    emergency: bool = False
    version: str | None = None
    level: Level | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    like: str | None = None
    notes: str | None = None
    impact: str | None = None
    regression: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDraft:
    """A release to write. `pack_components` is set where the pack's own list has to follow.

    `changes`: component -> (version in the current release or None, version here or None), those
    that differ. `window` None means as soon as it is applied. `supersedes` is the pending release
    that nobody gets any more.
    """

    release: Release
    spec: Mapping[str, Any]
    pack_components: tuple[str, ...] | None
    changes: Mapping[str, tuple[str | None, str | None]]
    window: Window | None
    reason: str | None = None
    supersedes: Release | None = None


def release_draft(
    tree: Tree, store: InstallBase | None, wish: ReleaseWish, now: datetime
) -> ReleaseDraft:
    """The Release manifest for a wish; `store` None judges by the tree alone.

    Raises AuthoringRefused with the way out: no such pack, component or version, nothing new, a
    version that is not higher than all before, a date that can't be, a second pending release.
    """
    pack = declared_pack(tree, wish.pack)
    record = record_of(store, pack.name)
    life = life_of(tree, pack.name, record, now)
    opening = window_of(tree, wish.date_text, now, emergency=wish.emergency)
    refuse_second_pending(tree, store, pack.name, wish.date_text, now)
    components = _components(tree, pack, wish, record)
    before = _before(tree, pack.name, record, life)
    changes = _changes(before, components)
    if before is not None and not changes:
        raise AuthoringRefused(
            f"{pack.name} {before.version} has just these component versions; there is nothing new",
            "package a newer version, or pin one: --pin COMPONENT=VERSION",
        )
    release = Release(
        pack=pack.name,
        version="",
        components=components,
        removes=tuple(name for name, (_, after) in changes.items() if after is None),
        date_text=wish.date_text,
        notes=wish.notes,
        emergency=wish.emergency,
        impact=wish.impact,
        regression=wish.regression,
    )
    version, reason = _version(tree, record, wish, release)
    release = replace(release, version=version)
    follows = tuple(components) if set(components) != set(pack.components) else None
    return ReleaseDraft(
        release=release,
        spec=_spec(release, pack),
        pack_components=follows,
        changes=changes,
        window=opening,
        reason=reason,
        supersedes=tree.releases[pack.name][life.pending] if life.pending is not None else None,
    )


def refuse_second_pending(
    tree: Tree, store: InstallBase | None, pack: str, date_text: str | None, now: datetime
) -> None:
    """Raises AuthoringRefused for a date (None: immediate) where a release is pending already."""
    pending = life_of(tree, pack, record_of(store, pack), now).pending
    if date_text is not None and pending is not None:
        raise AuthoringRefused(
            f"{pack} {pending} is pending already, and there is at most one",
            f"reconciler reschedule {pack}, reconciler withdraw {pack}, or --immediate",
        )


def _components(
    tree: Tree, pack: IntegrationPack, wish: ReleaseWish, record: PackRecord | None
) -> dict[str, str]:
    if wish.like is not None:
        chosen = dict(_like(tree, pack, wish.like, record).components)
    else:
        chosen = {name: _newest(tree, pack, name, wish) for name in pack.components}
    for component, version in wish.pins.items():
        if component not in chosen:
            hint = Nearest(chosen).hint(component) or f"it holds {', '.join(chosen)}"
            raise AuthoringRefused(f'{pack.name} holds no component "{component}"', hint)
        chosen[component] = version
    for component, version in chosen.items():
        _refuse_unreleasable(tree, pack, component, version)
    return chosen


def _newest(tree: Tree, pack: IntegrationPack, component: str, wish: ReleaseWish) -> str:
    if component in wish.pins:
        return wish.pins[component]
    found = newest_version(tree, component, pack.deployment)
    if found is None:
        raise AuthoringRefused(
            f"{component} has no shareable version to release",
            f"reconciler package {component} --version 1.0 --shareable",
        )
    return found


def _like(tree: Tree, pack: IntegrationPack, version: str, record: PackRecord | None) -> Release:
    declared = tree.releases.get(pack.name, {})
    if version in declared:
        return declared[version]
    if record is not None and version in record.releases:
        return record.releases[version].release
    hint = Nearest(declared).hint(version) or f"there is {', '.join(declared)}"
    raise AuthoringRefused(f"{pack.name} has no release {version}", hint if declared else None)


def _refuse_unreleasable(tree: Tree, pack: IntegrationPack, component: str, version: str) -> None:
    """Refuses versions that do not exist or are not shareable (rule release-not-shareable)."""
    if pack.deployment is Deployment.LEGACY:
        if version not in tree.processes.get(component, {}):
            raise AuthoringRefused(f"{component} has no published revision {version}")
        return
    versions = tree.components.get(component, {})
    found = versions.get(version)
    if found is None:
        hint = Nearest(versions).hint(version) or f"there is {', '.join(versions)}"
        said = f"{component} has no packaged version {version}"
        raise AuthoringRefused(said, hint if versions else None)
    if not found.shareable:
        raise AuthoringRefused(
            f"{component} {version} is not shareable; it was packaged with shareable: false",
            f"reconciler package {component} --version NEW --shareable",
        )


def _before(tree: Tree, pack: str, record: PackRecord | None, life: Lifecycle) -> Release | None:
    """The release that this one comes after: what is current now."""
    current = record.current if record is not None and record.current is not None else life.current
    if current is None:
        return None
    if record is not None and current in record.releases:
        return record.releases[current].release
    return tree.releases.get(pack, {}).get(current)


def _changes(
    before: Release | None, components: Mapping[str, str]
) -> dict[str, tuple[str | None, str | None]]:
    old = before.components if before is not None else NOTHING
    pairs = {name: (old.get(name), components.get(name)) for name in {**old, **components}}
    return {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}


def _version(
    tree: Tree, record: PackRecord | None, wish: ReleaseWish, release: Release
) -> tuple[str, str | None]:
    """A version above every one that the pack ever had (rule release-order), and why this one."""
    ever = dict(tree.releases.get(wish.pack, {}))
    for version, known in (record.releases if record is not None else NOTHING).items():
        ever.setdefault(version, known.release)
    highest = max(ever, key=semver_key, default=None)
    if wish.version is not None:
        _refuse_low(wish.pack, wish.version, highest)
        return wish.version, None
    if wish.level is not None:
        return raised(highest, wish.level), None
    found = _proposal(tree, ever[highest] if highest is not None else None, release)
    return found.version, found.reason


def _proposal(tree: Tree, highest: Release | None, release: Release) -> VersionProposal:
    return proposed_version(
        contrast(tree, highest, release),
        highest.version if highest is not None else None,
        counted=tree.packs[release.pack].deployment is Deployment.LEGACY,
    )


def _refuse_low(pack: str, version: str, highest: str | None) -> None:
    following = f"the next is {next_version(highest)}"
    if not is_semver(version):
        raise AuthoringRefused(f'"{version}" is not a SemVer 2.0 version', following)
    if highest is not None and semver_key(version) <= semver_key(highest):
        raise AuthoringRefused(
            f"{version} is not higher than {highest}, the highest release that {pack} ever had",
            following,
        )


def _spec(release: Release, pack: IntegrationPack) -> dict[str, Any]:
    legacy = pack.deployment is Deployment.LEGACY
    versions = {
        name: int(version) if legacy else version for name, version in release.components.items()
    }
    spec: dict[str, Any] = {
        "pack": release.pack,
        "version": release.version,
        "components": versions,
    }
    if release.removes:
        spec["removes"] = list(release.removes)
    immediate = release.date_text is None
    spec["schedule"] = "immediate" if immediate else {"date": release.date_text}
    if release.notes:
        spec["notes"] = release.notes
    if release.emergency:
        spec["emergency"] = True
    named = (("impact", release.impact), ("regression", release.regression))
    assessment = {name: path for name, path in named if path}
    return spec | ({"assessment": assessment} if assessment else {})
