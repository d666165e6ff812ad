"""The packaged components of releases -> what accounts may fill in, and which values fit."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from reconciler.desired.lifecycle import Lifecycle
from reconciler.model.declarations import (
    NOTHING,
    Attachment,
    Declaration,
    Deployment,
    ExtensionSetting,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)
from reconciler.model.tree import Tree

SettingName = tuple[str, str]
"""Contained component and setting."""

Settings = Mapping[SettingName, ExtensionSetting]
ValuesGiven = Mapping[str, Mapping[str, Any]]
LiveSettings = tuple[tuple[str, ExtensionSetting], ...]
Contents = Mapping[str, Mapping[str, PackagedComponent | PublishedProcess]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredValue:
    """One extension value of an attachment's manifest; `declaration` is the attachment's."""

    declaration: Declaration
    pack: str
    name: SettingName
    value: Any

    @property
    def spoken(self) -> str:
        """The extension as messages name it; the value never occurs in one."""
        return ".".join(self.name)

    @property
    def pointer(self) -> tuple[str, ...]:
        return ("spec", "extensions", *self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDefault:
    """The default of one setting; `declaration` is the packaged component's."""

    declaration: Declaration
    pointer: tuple[str | int, ...]
    spoken: str
    setting: ExtensionSetting


class PackSettings:
    """The extensibility settings that a pack's releases have, computed on demand.

    `live` are the current release and those above it, rising; every release is live where it can't
    be told what is current. What lies below is looked at as a whole: history may be long.
    """

    def __init__(
        self, releases: Mapping[str, Release], contents: Contents, lifecycle: Lifecycle | None
    ) -> None:
        self._releases = releases
        self._contents = contents
        self.lifecycle = lifecycle
        self.live = tuple(releases) if lifecycle is None else _live(lifecycle)
        self._settings: dict[str, Settings] = {}
        self._live: dict[SettingName, LiveSettings] = {}

    def settings(self, version: str) -> Settings:
        """All settings of one release; packaged versions that are not declared have none."""
        if version not in self._settings:
            found: dict[SettingName, ExtensionSetting] = {}
            for component, packaged in self._releases[version].components.items():
                for name, setting in settings_of(self._content(component, packaged)):
                    found.setdefault(name, setting)
            self._settings[version] = found
        return self._settings[version]

    def live_settings(self, name: SettingName) -> LiveSettings:
        """The live releases that have the setting, each with what it is there."""
        found = self._live.get(name)
        if found is None:
            live = ((version, self.settings(version).get(name)) for version in self.live)
            found = tuple((version, setting) for version, setting in live if setting is not None)
            self._live[name] = found
        return found

    @cached_property
    def older(self) -> Mapping[SettingName, Collection[ExtensionSetting]]:
        """What the settings were in the releases that are not live."""
        live = frozenset(self.live)
        packaged = {
            pair
            for version, release in self._releases.items()
            if version not in live
            for pair in release.components.items()
        }
        found: dict[SettingName, set[ExtensionSetting]] = {}
        for component, version in packaged:
            for name, setting in settings_of(self._content(component, version)):
                found.setdefault(name, set()).add(setting)
        return found

    @cached_property
    def is_complete(self) -> bool:
        """Whether all that the live releases name is declared, so that nothing may be missed."""
        return all(
            self._content(component, packaged) is not None
            for version in self.live
            for component, packaged in self._releases[version].components.items()
        )

    def required(self, version: str) -> tuple[SettingName, ...]:
        """The settings of a release that need a value and have no default, in order."""
        return tuple(
            sorted(
                name
                for name, setting in self.settings(version).items()
                if setting.required and setting.default is None
            )
        )

    def spoken(self, version: str) -> str:
        """ "1.5.0 (pending)": a release of this pack as messages name it."""
        life = self.lifecycle
        if life is None:
            return version
        if version == life.current:
            return f"{version} (current)"
        return f"{version} (pending)" if version in life.testing else version

    def _content(self, component: str, version: str) -> PackagedComponent | PublishedProcess | None:
        return self._contents.get(component, NOTHING).get(version)


class Extensibility:
    """The settings of all packs of one revision, each computed once and only when asked for."""

    def __init__(self, tree: Tree, lifecycles: Mapping[str, Lifecycle]) -> None:
        self._tree = tree
        self._lifecycles = lifecycles
        self._packs: dict[str, PackSettings | None] = {}

    def pack(self, name: str) -> PackSettings | None:
        """None for a pack that is not declared or has no release: other rules tell."""
        if name not in self._packs:
            self._packs[name] = self._made(name)
        return self._packs[name]

    def _made(self, name: str) -> PackSettings | None:
        spec, releases = self._tree.packs.get(name), self._tree.releases.get(name)
        if spec is None or not releases:
            return None
        legacy = spec.deployment is Deployment.LEGACY
        contents = cast(Contents, self._tree.processes if legacy else self._tree.components)
        return PackSettings(releases, contents, self._lifecycles.get(name))


def _live(lifecycle: Lifecycle) -> tuple[str, ...]:
    current = () if lifecycle.current is None else (lifecycle.current,)
    return current + lifecycle.testing


def settings_of(
    content: PackagedComponent | PublishedProcess | None,
) -> Iterator[tuple[SettingName, ExtensionSetting]]:
    """What accounts may fill in of a packaged version; None, one that is not declared, has none."""
    for contained in content.contains if content is not None else ():
        for name, setting in contained.extensions.items():
            yield (contained.name, name), setting


def declared_values(tree: Tree) -> Iterator[DeclaredValue]:
    """Every extension value that attachments declare."""
    for declaration in tree.by_kind[Kind.ATTACHMENT].values():
        attachment = cast(Attachment, declaration.spec)
        for component, values in (attachment.extensions or NOTHING).items():
            for setting, value in values.items():
                yield DeclaredValue(
                    declaration=declaration,
                    pack=attachment.pack,
                    name=(component, setting),
                    value=value,
                )


def declared_defaults(tree: Tree) -> Iterator[DeclaredDefault]:
    """Every default that packaged components and published processes declare."""
    for kind in (Kind.PACKAGED_COMPONENT, Kind.PUBLISHED_PROCESS):
        for declaration in tree.by_kind[kind].values():
            content = cast(PackagedComponent | PublishedProcess, declaration.spec)
            for index, item in enumerate(content.contains):
                for name, setting in item.extensions.items():
                    if setting.default is not None:
                        yield DeclaredDefault(
                            declaration=declaration,
                            pointer=("spec", "contains", index, "extensions", name, "default"),
                            spoken=f"{item.name}.{name}",
                            setting=setting,
                        )


def unfilled(required: Iterable[SettingName], *given: ValuesGiven | None) -> Iterator[SettingName]:
    """The settings without a value in any of `given`, each contained component -> its values."""
    for name in required:
        component, setting = name
        if not any(said and setting in said.get(component, ()) for said in given):
            yield name


def is_secret_reference(value: object) -> bool:
    """Whether a value only says where the account's secret store keeps it."""
    return isinstance(value, Mapping) and isinstance(value.get("secretRef"), str)


def fits(value: object, setting: ExtensionSetting) -> bool:
    """Whether a value is of the setting's type (rule extension-type).

    A reference to a secret fits every type, since the value comes from the account's secret store;
    a secret is never written inline. true and false are no numbers, nor is what is infinite.
    """
    if is_secret_reference(value):
        return True
    match setting.type:
        case "string":
            return isinstance(value, str)
        case "number":
            if isinstance(value, float):
                return math.isfinite(value)
            return isinstance(value, int) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return False
