"""An attachment and a release of its pack -> the value of each setting, and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.desired.extensibility import Extensibility, SettingName, is_secret_reference
from reconciler.model.base import Attached, Extensions, PackRecord
from reconciler.model.declarations import ExtensionSetting
from reconciler.model.tree import Tree


class ValueSource(StrEnum):
    """Who says what counts; each wins over those below it (SPEC section 3)."""

    MANIFEST = "manifest"
    ACCOUNT = "account"
    DEFAULT = "default"
    MISSING = "missing"  # nobody says; trouble where the setting is required


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueInForce:
    """One extension setting of a release as an attachment has it.

    `value` is None where nobody says, and where the account's secret store keeps it: then
    `secret_reference` is its place there, which is for the account itself and for nobody else.
    `overruled`: the account has set it, too, but the manifest counts.
    """

    component: str
    name: str
    type: str
    required: bool
    source: ValueSource
    value: Any = None
    secret_reference: str | None = None
    overruled: bool = False

    @property
    def spoken(self) -> str:
        """ "warehouse-api.region"."""
        return f"{self.component}.{self.name}"

    @property
    def lacks(self) -> bool:
        """Whether the release needs a value that nobody has given."""
        return self.required and self.source is ValueSource.MISSING


def values_of_attachment(
    tree: Tree, row: Attached, record: PackRecord
) -> Mapping[str, tuple[ValueInForce, ...]]:
    """The release that the row runs, and the pending one: version -> its settings by name.

    `tree` holds the pack with these releases and what they name.
    """
    versions = dict.fromkeys(found for found in (row.release, record.pending) if found is not None)
    return {version: values_in_force(tree, row, version) for version in versions}


def values_in_force(tree: Tree, row: Attached, version: str) -> tuple[ValueInForce, ...]:
    """The settings of one release by name; none of a release that is not declared any more."""
    settings = Extensibility(tree, {}).pack(row.key.pack)
    if settings is None or version not in tree.releases.get(row.key.pack, {}):
        return ()
    found = sorted(settings.settings(version).items())
    return tuple(_in_force(row, name, setting) for name, setting in found)


def environments_in_force(row: Attached) -> tuple[tuple[str, ...], ValueSource]:
    """Where the attachment runs, and who says so; nowhere in particular when nobody does."""
    if row.declared.environments is not None:
        return row.declared.environments, ValueSource.MANIFEST
    if row.requested.environments is not None:
        return row.requested.environments, ValueSource.ACCOUNT
    return (), ValueSource.MISSING


def _in_force(row: Attached, name: SettingName, setting: ExtensionSetting) -> ValueInForce:
    declared = _given(row.declared.extensions, name)
    requested = _given(row.requested.extensions, name)
    source: ValueSource = ValueSource.MISSING
    value: Any = None
    if declared is not None:
        source, value = ValueSource.MANIFEST, declared
    elif requested is not None:
        source, value = ValueSource.ACCOUNT, requested
    elif setting.default is not None:
        source, value = ValueSource.DEFAULT, setting.default
    reference = value["secretRef"] if is_secret_reference(value) else None
    return ValueInForce(
        component=name[0],
        name=name[1],
        type=setting.type,
        required=setting.required,
        source=source,
        value=value if reference is None else None,
        secret_reference=reference,
        overruled=declared is not None and requested is not None,
    )


def _given(values: Extensions | None, name: SettingName) -> Any:
    component, setting = name
    return (values or {}).get(component, {}).get(setting)
