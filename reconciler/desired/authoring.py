"""A tree and what a publisher wants to release -> the Release manifest to write, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.desired.freezes import covers
from reconciler.desired.lifecycle import Lifecycle, lifecycle
from reconciler.desired.nearest import Nearest
from reconciler.desired.newest import newest_version
from reconciler.errors import ReconcilerError
from reconciler.model.base import InstallBase, PackRecord
from reconciler.model.declarations import (
    NOTHING,
    Deployment,
    IntegrationPack,
    Release,
)
from reconciler.model.tree import Tree
from reconciler.model.versions import is_semver, next_version, semver_key
from reconciler.model.windows import Window, parse_date, window
from reconciler.model.zones import zone


class AuthoringRefused(ReconcilerError):
    """The manifest that was asked for would not be valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWish:
    """What the publisher asks for. `date_text` None means immediate, `version` None the next one.

    `pins`: component -> version instead of the newest shareable one. `like`: a release of the pack
    whose component versions are taken over.
    """

    pack: str
    date_text: str | None = None
    emergency: bool = False
    version: str | None = None
    pins: Mapping[str, str] = field(default_factory=dict)
    like: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDraft:
    """A release to write. `pack_components` is set where the pack's own list has to follow.

    `changes`: component -> (version in the current release or None, version here or None), those
    that differ. `window` None means as soon as it is applied.
    """

    release: Release
    spec: Mapping[str, Any]
    pack_components: tuple[str, ...] | None
    changes: Mapping[str, tuple[str | None, str | None]]
    window: Window | None


def release_draft(
    tree: Tree, store: InstallBase | None, wish: ReleaseWish, now: datetime
) -> ReleaseDraft:
    """The Release manifest for a wish; `store` None judges by the tree alone.

    Raises AuthoringRefused with the way out: no such pack, component or version, nothing new, a
    version that is not higher than all before, a date that can't be, a second pending release.
    """
    pack = tree.packs.get(wish.pack)
    if pack is None:
        hint = Nearest(tree.packs).hint(wish.pack)
        raise AuthoringRefused(f'pack "{wish.pack}" does not exist', hint)
    record = store.packs.get(pack.name) if store is not None else None
    life = _life(tree, pack.name, record, now)
    opening = _window(tree, wish, now)
    _refuse_second_pending(wish, life)
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
        version=_version(tree, record, wish),
        components=components,
        removes=tuple(name for name, (_, after) in changes.items() if after is None),
        date_text=wish.date_text,
        notes=wish.notes,
        emergency=wish.emergency,
    )
    follows = tuple(components) if set(components) != set(pack.components) else None
    return ReleaseDraft(
        release=release,
        spec=_spec(release, pack),
        pack_components=follows,
        changes=changes,
        window=opening,
    )


def _life(tree: Tree, pack: str, record: PackRecord | None, now: datetime) -> Lifecycle:
    releases = tree.releases.get(pack, {})
    known = record.releases if record is not None else NOTHING
    promoted = {version for version, found in known.items() if found.promoted_at is not None}
    return lifecycle(releases, promoted, now, _zone(tree))


def _zone(tree: Tree) -> ZoneInfo:
    try:
        return zone(tree.publisher.time_zone)
    except LookupError as error:
        hint = "reconciler validate --worktree tells more"
        raise AuthoringRefused(f"the publisher can't be read: {error.args[0]}", hint) from None


def _window(tree: Tree, wish: ReleaseWish, now: datetime) -> Window | None:
    """The window of the date; refuses what rules release-date and release-in-freeze would."""
    if wish.date_text is None:
        return None
    publisher = tree.publisher
    where = _zone(tree)
    day = parse_date(wish.date_text)
    found = None if day is None else window(day, where)
    if found is None:
        raise AuthoringRefused(
            f"{wish.date_text} is not a date in {publisher.time_zone}", "write it as 2026-12-01"
        )
    if found.closes_at <= now:
        raise AuthoringRefused(
            f"the window of {wish.date_text} is over in {publisher.time_zone}",
            "take a later date, or --immediate",
        )
    frozen = None if wish.emergency else covers(publisher.freezes, found, where)
    if frozen is not None:
        end = "" if frozen.until is None else f" until {frozen.until.astimezone(where):%Y-%m-%d}"
        raise AuthoringRefused(
            f'freeze "{frozen.name}" covers the whole window of {wish.date_text}',
            f"it lasts{end}; take a date after it, or --emergency" if end else "use --emergency",
        )
    return found


def _refuse_second_pending(wish: ReleaseWish, life: Lifecycle) -> None:
    if wish.date_text is not None and life.pending is not None:
        raise AuthoringRefused(
            f"{wish.pack} {life.pending} is pending already, and there is at most one",
            "wait for it, change its date, delete its manifest, or release --immediate",
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


def _version(tree: Tree, record: PackRecord | None, wish: ReleaseWish) -> str:
    """The next version above every one that the pack ever had (rule release-order)."""
    ever = set(tree.releases.get(wish.pack, ()))
    ever.update(record.releases if record is not None else ())
    highest = max(ever, key=semver_key, default=None)
    if wish.version is None:
        return next_version(highest)
    if not is_semver(wish.version):
        raise AuthoringRefused(
            f'"{wish.version}" is not a SemVer 2.0 version', f"the next is {next_version(highest)}"
        )
    if highest is not None and semver_key(wish.version) <= semver_key(highest):
        raise AuthoringRefused(
            f"{wish.version} is not higher than {highest}, the highest release that"
            f" {wish.pack} ever had",
            f"the next is {next_version(highest)}",
        )
    return wish.version


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
    return spec
