"""An account, a pack and what the store knows -> whether the account may ask, or why not."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.desired.extensibility import (
    Extensibility,
    SettingName,
    ValuesGiven,
    fits,
    is_secret_reference,
)
from reconciler.desired.nearest import Nearest
from reconciler.desired.phrases import listed
from reconciler.desired.standing import PackStanding, Standings
from reconciler.errors import RequestRefused
from reconciler.model.base import Attached, InstallBase
from reconciler.model.declarations import (
    AccountStatus,
    AttachmentMode,
    ExtensionSetting,
    IntegrationPack,
    ManagedAccount,
)

Known = Mapping[SettingName, ExtensionSetting]
"""The extensibility settings of a pack's current and pending release."""

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What comes of bytes that are no UTF-8, and what no database takes.
_UNKEPT = re.compile("[\0\ud800-\udfff]")


def local(instant: datetime, zone: ZoneInfo) -> str:
    """ "2026-12-01 00:00 America/New_York"."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M} {zone.key}"


def standings(base: InstallBase, now: datetime) -> Standings:
    """Raises RequestRefused on a store to which no revision was ever applied."""
    try:
        return Standings(base, now)
    except LookupError:
        hint = "run reconciler apply first"
        raise RequestRefused("nothing was applied to this store yet", hint) from None


def active_account(base: InstallBase, name: str) -> ManagedAccount:
    """The account, which is declared and not suspended."""
    account = base.tree.accounts.get(name)
    if account is None:
        raise RequestRefused(
            f'account "{name}" does not exist',
            Nearest(base.tree.accounts).hint(name),
            rule="missing",
        )
    if account.status is AccountStatus.SUSPENDED:
        raise RequestRefused(
            f"account {name} is suspended; it keeps what it runs and can't ask for anything",
            "ask the publisher to make it active again",
            rule="suspended",
        )
    return account


def declared_pack(base: InstallBase, name: str) -> IntegrationPack:
    """The pack, which is declared."""
    pack = base.tree.packs.get(name)
    if pack is None:
        raise RequestRefused(
            f'pack "{name}" does not exist', Nearest(base.tree.packs).hint(name), rule="missing"
        )
    return pack


def nothing_current(pack: PackStanding, zone: ZoneInfo) -> str:
    """Why a pack without a current release can be neither installed nor adopted."""
    name, pending = pack.record.name, pack.record.pending
    if pending is None or pack.opens_at is None:
        return f"nothing of {name} has been released yet"
    opens = local(pack.opens_at, zone)
    return f"nothing of {name} is current yet; its first release, {pending}, opens {opens}"


def refuse_suspended(pack: PackStanding, zone: ZoneInfo) -> None:
    """Nothing of a suspended pack is installed or adopted (SPEC section 5, gates)."""
    if not pack.suspended:
        return
    suspension = pack.spec.suspended if pack.spec is not None else None
    reason = f": {suspension.reason}" if suspension is not None else ""
    until = pack.suspended_until
    end = "until further notice" if until is None else f"until {local(until, zone)}"
    raise RequestRefused(f"pack {pack.record.name} is suspended {end}{reason}", rule="suspended")


def existing_row(base: InstallBase, account: str, pack: IntegrationPack, instance: str) -> Attached:
    """The account's attachment; without `instance` the only one that it has of a multiple pack."""
    rows = own_rows(base, account, pack.name)
    refuse_instance_of_single(pack, instance)
    for row in rows:
        if row.key.instance == instance:
            return row
    if not instance and len(rows) == 1:
        return rows[0]
    if rows:
        names = listed(row.key.instance for row in rows)
        said = f'no instance "{instance}" of it' if instance else "several instances of it"
        raise RequestRefused(
            f"{account} has {said}: there is {names}",
            "say which one with --instance",
            rule="attachment-instance",
        )
    raise RequestRefused(
        f"{account} has not installed {pack.name}",
        f"reconciler account install {account} {pack.name}",
        rule="missing",
    )


def own_rows(base: InstallBase, account: str, pack: str) -> list[Attached]:
    """The account's attachments of the pack, in order of instance."""
    return [row for row in base.attachments.of_accounts({account}) if row.key.pack == pack]


def refuse_instance_of_single(pack: IntegrationPack, instance: str) -> None:
    """Instances tell attachments of multiple packs apart, and only those."""
    if instance and pack.attachment is AttachmentMode.SINGLE:
        raise RequestRefused(
            f"pack {pack.name} is installed at most once an account and takes no instance",
            "leave out --instance",
            rule="attachment-instance",
        )


def free_instance(base: InstallBase, account: str, pack: IntegrationPack, instance: str) -> None:
    """Refuses what the account has already, and names that are none (rule attachment-instance)."""
    refuse_instance_of_single(pack, instance)
    rows = own_rows(base, account, pack.name)
    if pack.attachment is AttachmentMode.SINGLE:
        if rows:
            raise RequestRefused(
                f"{account} has {pack.name} already{_running(rows[0])};"
                " it is installed at most once an account",
                rule="attachment-single",
            )
        return
    if not instance:
        raise RequestRefused(
            f"pack {pack.name} may be installed several times; an instance name tells them apart",
            "add --instance NAME",
            rule="attachment-instance",
        )
    if not _NAME.fullmatch(instance):
        raise RequestRefused(
            f'"{instance}" is not an instance name',
            "use 1 to 63 small letters, digits and inner hyphens",
            rule="attachment-instance",
        )
    for row in rows:
        if row.key.instance == instance:
            raise RequestRefused(
                f'{account} has an instance "{instance}" of {pack.name} already{_running(row)}',
                "choose another name with --instance",
                rule="attachment-instance",
            )


def _running(row: Attached) -> str:
    return f" and runs {row.release}" if row.release else ""


def known_environments(account: ManagedAccount, names: Iterable[str]) -> None:
    """Refuses environments that the account does not have (rule environment-unknown)."""
    there = [environment.name for environment in account.environments]
    for name in names:
        if name not in there:
            has = f"it has {listed(there, most=10)}" if there else "it has none"
            raise RequestRefused(
                f'account {account.name} has no environment "{name}"; {has}',
                Nearest(there).hint(name),
                rule="environment-unknown",
            )


def known_values(pack: str, values: Mapping[str, Mapping[str, Any]], known: Known) -> None:
    """Refuses extension values that the current and the pending release do not take."""
    for component, settings in values.items():
        for name, value in settings.items():
            _fitting_value(pack, (component, name), value, known)


def fitting_values(
    base: InstallBase,
    pack: str,
    values: ValuesGiven,
    now: datetime,
    before: ValuesGiven | None = None,
) -> dict[str, dict[str, Any]]:
    """Values as given, texts for numbers and booleans too -> values of the settings' types.

    None, for a value to be cleared, stays; it has to be one of `before` or of a known setting.
    """
    if not values:
        return {}
    known = known_settings(base, pack, now)
    found = typed(values, known)
    for component, settings in found.items():
        for name, value in settings.items():
            if value is not None:
                _fitting_value(pack, (component, name), value, known)
            elif name not in (before or {}).get(component, ()):
                _known_setting(pack, (component, name), known)
    return found


def _known_setting(pack: str, name: SettingName, known: Known) -> ExtensionSetting:
    setting = known.get(name)
    if setting is None:
        spoken, every = ".".join(name), sorted(".".join(other) for other in known)
        raise RequestRefused(
            f"{pack} has no setting {spoken} in its current or pending release",
            Nearest(every).hint(spoken)
            or (f"it has {listed(every, most=10)}" if every else "it has no settings"),
            rule="extension-unknown",
        )
    return setting


def _fitting_value(pack: str, name: SettingName, value: object, known: Known) -> None:
    spoken, setting = ".".join(name), _known_setting(pack, name, known)
    if setting.type == "secret" and not is_secret_reference(value):
        raise RequestRefused(
            f"{spoken} is a secret and is never given in plain text",
            f"name its place in the account's secret store: --secret {spoken}=REFERENCE",
            rule="extension-secret",
        )
    if not fits(value, setting):
        raise RequestRefused(f"{spoken} takes a {setting.type}", rule="extension-type")
    text = value["secretRef"] if isinstance(value, Mapping) else value
    if isinstance(text, str) and _UNKEPT.search(text):
        raise RequestRefused(
            f"the text of {spoken} has bytes that are no text, or a NUL",
            "give it in UTF-8",
            rule="extension-type",
        )


def known_settings(base: InstallBase, pack: str, now: datetime) -> Known:
    """The settings that the pack's current and pending release have; the pending one's win."""
    found = standings(base, now).pack(pack)
    all_settings = Extensibility(base.tree, {pack: found.life}).pack(pack)
    if all_settings is None:
        return {}
    served = (found.record.current, found.record.pending)
    declared = base.tree.releases.get(pack, {})
    return {
        name: setting
        for version in served
        if version is not None and version in declared
        for name, setting in all_settings.settings(version).items()
    }


def typed(texts: Mapping[str, Mapping[str, Any]], known: Known) -> dict[str, dict[str, Any]]:
    """Values as typed on a command line -> values of the settings' types.

    A text that is no number or boolean stays text, so that known_values() refuses it.
    """
    return {
        component: {
            name: _typed(value, known.get((component, name))) for name, value in settings.items()
        }
        for component, settings in texts.items()
    }


def _typed(value: Any, setting: ExtensionSetting | None) -> Any:
    if setting is None or not isinstance(value, str):
        return value
    if setting.type == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if setting.type == "number" and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", value):
        return float(value) if "." in value else int(value)
    return value
