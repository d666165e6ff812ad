"""Two releases of a pack -> what differs between them: versions, contents, and what to fill in."""

from collections.abc import Mapping
from typing import cast

from reconciler.desired.extensibility import Contents, SettingName, settings_of
from reconciler.model.contrast import ComponentContrast, Contrast, SettingChange
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
        for name, setting in settings_of(_content(contents, component, version)):
            found.setdefault(name, (component, setting))
    return found
