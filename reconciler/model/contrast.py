"""What differs between two releases of a pack: versions, contents, and what to fill in."""

from dataclasses import dataclass

from reconciler.model.declarations import ContainedComponent, ExtensionSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One extension that differs; `before` None: it is new, `after` None: it is gone.

    `name` is the contained component and the setting. Accounts fill it in once for the pack, so it
    is neither new nor gone where it only moved from one packaged component to another.
    """

    name: tuple[str, str]
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


def _needs_value(setting: ExtensionSetting | None) -> bool:
    return setting is not None and setting.required and setting.default is None
