"""Two releases of a pack -> what differs between them: versions, contents, and what to fill in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from reconciler.desired.extensibility import Contents, SettingName
from reconciler.model.declarations import (
    NOTHING,
    ContainedComponent,
    Deployment,
    ExtensionSetting,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.tree import Tree

Content = PackagedComponent | PublishedProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One extension that differs; `before` None: it is new, `after` None: it is gone.

    `name` is the contained component and the setting. Accounts fill it in once for the pack, so it
    is neither new nor gone where it only moved from one packaged component to another.
    """

    name: SettingName
    before: ExtensionSetting | None
    after: ExtensionSetting | None

    @property
    def is_added(self) -> bool:
        return self.before is None

    @property
    def is_removed(self) -> bool:
        return self.after is None

    @property
    def type_changed(self) -> bool:
        """Whether values that were entered may not fit any more."""
        if self.before is None or self.after is None:
            return False
        return self.before.type != self.after.type

    @property
    def newly_required(self) -> bool:
        """Whether an account that had nothing to enter now has: required, without a default."""
        return _needs_value(self.after) and not _needs_value(self.before)

    @property
    def default_changed(self) -> bool:
        """Whether accounts that entered nothing get another value."""
        if self.before is None or self.after is None:
            return False
        return self.before.default != self.after.default


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentContrast:
    """One component that differs; `before` None: it is new, `after` None: it is gone.

    `contained_changed` are (before, after) of one name with another version or type. `notes` are
    those of the version after. `is_known` False: a version is not declared any more, so only the
    versions can be compared, and the rest is empty.
    """

    component: str
    before: str | None
    after: str | None
    notes: str | None = None
    contained_added: tuple[ContainedComponent, ...] = ()
    contained_removed: tuple[ContainedComponent, ...] = ()
    contained_changed: tuple[tuple[ContainedComponent, ContainedComponent], ...] = ()
    settings: tuple[SettingChange, ...] = ()
    is_known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What differs between two releases of a pack; `before` None: this is its first one.

    Components in the order of the release after, then those that are gone.
    """

    pack: str
    before: str | None
    after: str
    components: tuple[ComponentContrast, ...] = ()

    @property
    def settings(self) -> tuple[SettingChange, ...]:
        """All extensions that differ, in the order of the components."""
        return tuple(change for component in self.components for change in component.settings)


def contrast(tree: Tree, before: Release | None, after: Release) -> Contrast:
    """What `after` has other than `before`; contents are those that the tree declares.

    A packaged version that is not declared any more is compared by its version alone. Pure; the
    cost is that of the two releases, however large the tree is.
    """
    contents = _contents(tree, after.pack)
    old = before.components if before is not None else NOTHING
    names = [*after.components, *(name for name in old if name not in after.components)]
    pairs = {name: (old.get(name), after.components.get(name)) for name in names}
    unknown = {name for name, pair in pairs.items() if not _is_known(contents, name, pair)}
    settings = _setting_changes(contents, pairs, unknown)
    return Contrast(
        pack=after.pack,
        before=before.version if before is not None else None,
        after=after.version,
        components=tuple(
            ComponentContrast(component=name, before=pair[0], after=pair[1], is_known=False)
            if name in unknown
            else _component(contents, name, pair, tuple(settings.get(name, ())))
            for name, pair in pairs.items()
            if pair[0] != pair[1] or name in settings
        ),
    )


def _contents(tree: Tree, pack: str) -> Contents:
    spec = tree.packs.get(pack)
    legacy = spec is not None and spec.deployment is Deployment.LEGACY
    return cast(Contents, tree.processes if legacy else tree.components)


Versions = tuple[str | None, str | None]


def _is_known(contents: Contents, component: str, versions: Versions) -> bool:
    declared = contents.get(component, NOTHING)
    return all(version is None or version in declared for version in versions)


def _content(contents: Contents, component: str, version: str | None) -> Content | None:
    return contents.get(component, NOTHING).get(version) if version is not None else None


def _component(
    contents: Contents, name: str, versions: Versions, settings: tuple[SettingChange, ...]
) -> ComponentContrast:
    before, after = (_content(contents, name, version) for version in versions)
    old, new = _contained(before), _contained(after)
    return ComponentContrast(
        component=name,
        before=versions[0],
        after=versions[1],
        notes=after.notes if isinstance(after, PackagedComponent) else None,
        contained_added=tuple(item for key, item in new.items() if key not in old),
        contained_removed=tuple(item for key, item in old.items() if key not in new),
        contained_changed=tuple(
            (old[key], item)
            for key, item in new.items()
            if key in old and (old[key].type, old[key].version) != (item.type, item.version)
        ),
        settings=settings,
    )


def _contained(content: Content | None) -> dict[str, ContainedComponent]:
    found: dict[str, ContainedComponent] = {}
    for item in content.contains if content is not None else ():
        found.setdefault(item.name, item)
    return found


def _setting_changes(
    contents: Contents, pairs: Mapping[str, Versions], unknown: set[str]
) -> dict[str, list[SettingChange]]:
    """Component -> the settings that differ; each under the first component that has it.

    Of a component with a version that is not declared nothing is told: what looks new there may
    have been there before.
    """
    old = _settings(contents, {name: pair[0] for name, pair in pairs.items()})
    new = _settings(contents, {name: pair[1] for name, pair in pairs.items()})
    found: dict[str, list[SettingChange]] = {}
    for name in new | old:
        before, after = old.get(name), new.get(name)
        settings = tuple(None if place is None else place[1] for place in (before, after))
        places = {place[0] for place in (before, after) if place is not None}
        if settings[0] != settings[1] and not places & unknown:
            change = SettingChange(name=name, before=settings[0], after=settings[1])
            found.setdefault((after or before or ("",))[0], []).append(change)
    return found


def _settings(
    contents: Contents, versions: Mapping[str, str | None]
) -> dict[SettingName, tuple[str, ExtensionSetting]]:
    """Setting -> the first component that has it, and what it is there."""
    found: dict[SettingName, tuple[str, ExtensionSetting]] = {}
    for component, version in versions.items():
        for name, setting in _each_setting(_content(contents, component, version)):
            found.setdefault(name, (component, setting))
    return found


def _each_setting(content: Content | None) -> Iterator[tuple[SettingName, ExtensionSetting]]:
    for item in content.contains if content is not None else ():
        for name, setting in item.extensions.items():
            yield (item.name, name), setting


def _needs_value(setting: ExtensionSetting | None) -> bool:
    return setting is not None and setting.required and setting.default is None
