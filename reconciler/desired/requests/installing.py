"""A pack that an account installs or uninstalls itself -> the decision, or a refusal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reconciler.desired.eligibility import (
    active_account,
    declared_pack,
    existing_row,
    fitting_values,
    free_instance,
    known_environments,
    nothing_current,
    own_rows,
    refuse_instance_of_single,
    refuse_suspended,
    standings,
)
from reconciler.desired.phrases import listed
from reconciler.desired.requests import granted
from reconciler.desired.standing import declarers
from reconciler.errors import RequestRefused
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    InstallBase,
    Settings,
)
from reconciler.model.changes import Action
from reconciler.model.declarations import NOTHING, InstallMode, IntegrationPack
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision


def install(
    base: InstallBase,
    key: AttachmentKey,
    now: datetime,
    actor: str,
    *,
    environments: tuple[str, ...] | None = None,
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> Decision:
    """Adds an attachment that runs the current release (SPEC sections 3 and 5).

    `values` are extension values, texts for numbers and booleans too; they have to be settings of
    the pack's current or pending release. Raises RequestRefused.
    """
    account = active_account(base, key.account)
    spec = declared_pack(base, key.pack)
    free_instance(base, key.account, spec, key.instance)
    if spec.retired is not None:
        raise RequestRefused(f"pack {spec.name} is retired: {spec.retired}", rule="pack-retired")
    if key.account not in base.tree.entitled.get(key.pack, ()):
        raise RequestRefused(
            f"{key.account} is not entitled to {key.pack}: no group of it has the pack",
            "ask the publisher to add the account to a group with it",
            rule="not-entitled",
        )
    all_packs = standings(base, now)
    pack = all_packs.pack(key.pack)
    refuse_suspended(pack, all_packs.zone)
    if pack.record.current is None:
        raise RequestRefused(nothing_current(pack, all_packs.zone), rule="pack-unreleased")
    known_environments(account, environments or ())
    extensions = fitting_values(base, key.pack, values or NOTHING, now)
    message = f"{key} is installed and runs {pack.record.current}"
    row = Attached(
        key=key,
        origin=AttachmentOrigin.ACCOUNT,
        release=pack.record.current,
        requested=Settings(environments=environments, extensions=extensions or None),
        updated_at=now,
    )
    details = {"before": None, "after": row.release}
    event = granted.told(EventKind.ACCOUNT_INSTALL, base, key, now, actor, message, details)
    return Decision(action=Action.INSTALL, put=row, event=event, message=message)


def uninstall(base: InstallBase, key: AttachmentKey, now: datetime, actor: str) -> Decision:
    """Removes an attachment that the account installed itself (SPEC section 3).

    What is not there needs no uninstalling. Raises RequestRefused, for instance when a manifest or
    a group declares it.
    """
    active_account(base, key.account)
    spec = declared_pack(base, key.pack)
    refuse_instance_of_single(spec, key.instance)
    if not own_rows(base, key.account, key.pack):
        told = f"{key.account} has not installed {key.pack}; nothing was changed"
        return Decision(action=Action.UNINSTALL, message=told)
    row = existing_row(base, key.account, spec, key.instance)
    _refuse_declared(base, row, spec)
    message = f"{row.key} is uninstalled (it ran {row.release})"
    details = {"before": row.release, "after": None}
    event = granted.told(EventKind.ACCOUNT_UNINSTALL, base, row.key, now, actor, message, details)
    return Decision(action=Action.UNINSTALL, removed=row.key, event=event, message=message)


def _refuse_declared(base: InstallBase, row: Attached, spec: IntegrationPack) -> None:
    key = row.key
    if row.origin is AttachmentOrigin.MANIFEST:
        raise RequestRefused(
            f"the publisher's Attachment manifest {key} declares it;"
            f" {key.account} can't uninstall it",
            "ask the publisher to delete the manifest",
            rule="declared",
        )
    if row.origin is AttachmentOrigin.AUTOMATIC:
        tree = base.tree
        groups = [
            name
            for name in declarers(base, key.account, key.pack)
            if any(
                resource.pack == spec.name and resource.install is InstallMode.AUTOMATIC
                for resource in tree.groups[name].packs
            )
        ]
        raise RequestRefused(
            f"group {listed(groups)} installs {key.pack} in all its accounts;"
            f" {key.account} can't uninstall it",
            f"ask the publisher to take {key.account} out of the group",
            rule="declared",
        )
