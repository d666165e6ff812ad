"""What an account asks for itself and what the store knows -> the decision, or a refusal."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.desired.eligibility import (
    Known,
    active_account,
    declared_pack,
    existing_row,
    free_instance,
    known_environments,
    known_values,
    local,
    own_rows,
    refuse_instance_of_single,
    refuse_suspended,
    standings,
    typed,
)
from reconciler.desired.phrases import listed
from reconciler.desired.standing import PackStanding, Standings, declarers
from reconciler.errors import RequestRefused
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    AttachmentOrigin,
    InstallBase,
    Settings,
    TemplateCopy,
)
from reconciler.model.changes import Action
from reconciler.model.declarations import NOTHING, InstallMode, IntegrationPack
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.requests import Decision


def adopt(
    base: InstallBase, key: AttachmentKey, version: str | None, now: datetime, actor: str
) -> Decision:
    """Runs the pending release in one attachment during its testing period (SPEC section 5).

    `version` None means whatever is pending. Adopting twice changes nothing. A hold does not stop
    it: a hold is against upgrades. Raises RequestRefused.
    """
    active_account(base, key.account)
    spec = declared_pack(base, key.pack)
    row = existing_row(base, key.account, spec, key.instance)
    all_packs = standings(base, now)
    pack = all_packs.pack(key.pack)
    pending = _adoptable(all_packs, pack, row, version)
    if row.release == pending:
        told = f"{row.key} runs {pending} already; nothing was changed"
        return Decision(action=Action.ADOPT, message=told)
    refuse_suspended(pack, all_packs.zone)
    message = f"{row.key} adopts {pending} (it ran {row.release})"
    adopted = replace(
        row,
        release=pending,
        adopt_requested=pending,
        adopted_in=pack.record.testing_period,
        updated_at=now,
    )
    details = {"instance": row.key.instance or None, "before": row.release, "after": pending}
    event = _event(EventKind.ACCOUNT_ADOPT, base, row.key, now, actor, message, details)
    return Decision(action=Action.ADOPT, put=adopted, event=event, message=message)


def _adoptable(all_packs: Standings, pack: PackStanding, row: Attached, version: str | None) -> str:
    """The pending release, if it may be adopted now."""
    record, name = pack.record, pack.record.name
    pending = record.pending
    if record.current is None or row.release is None:
        raise RequestRefused(_nothing_current(pack, all_packs))
    if pending is None:
        if version == row.release:
            return version
        raise RequestRefused(
            f"{name} has no pending release to adopt; {row.key.account} runs {row.release}"
            f" and current is {record.current}"
        )
    if version is not None and version != pending:
        raise RequestRefused(
            f"{name} {version} {_unadoptable(pack, version)}; the pending release is {pending}",
            f"reconciler account adopt {row.key.account} {name}{_option(row)} --version {pending}",
        )
    if pack.closed and row.release != pending:
        raise RequestRefused(
            f"{name} {pending} can't be adopted any more:"
            f" {pack.life.current} waits to be released and will supersede it"
        )
    return pending


def _option(row: Attached) -> str:
    return f" --instance {row.key.instance}" if row.key.instance else ""


def _unadoptable(pack: PackStanding, version: str) -> str:
    record = pack.record.releases.get(version)
    if record is None:
        return "does not exist"
    if version == pack.record.current:
        return "is current already"
    if not record.declared:
        return "was withdrawn"
    if record.promoted_at is not None:
        return "was released before"
    return "was superseded" if version in pack.life.superseded else "is not pending yet"


def _nothing_current(pack: PackStanding, all_packs: Standings) -> str:
    name, pending = pack.record.name, pack.record.pending
    if pending is None or pack.opens_at is None:
        return f"nothing of {name} has been released yet"
    opens = local(pack.opens_at, all_packs.zone)
    return f"nothing of {name} is current yet; its first release, {pending}, opens {opens}"


def install(
    base: InstallBase,
    key: AttachmentKey,
    now: datetime,
    actor: str,
    *,
    environments: tuple[str, ...] | None = None,
    values: Mapping[str, Mapping[str, Any]] | None = None,
    known: Known = NOTHING,
) -> Decision:
    """Adds an attachment that runs the current release (SPEC sections 3 and 5).

    `values` are extension values, texts for numbers and booleans too; `known` are the settings of
    the pack's current and pending release. Raises RequestRefused.
    """
    account = active_account(base, key.account)
    spec = declared_pack(base, key.pack)
    free_instance(base, key.account, spec, key.instance)
    if spec.retired is not None:
        raise RequestRefused(f"pack {spec.name} is retired: {spec.retired}")
    if key.account not in base.tree.entitled.get(key.pack, ()):
        raise RequestRefused(
            f"{key.account} is not entitled to {key.pack}: no group of it has the pack",
            "ask the publisher to add the account to a group with it",
        )
    all_packs = standings(base, now)
    pack = all_packs.pack(key.pack)
    refuse_suspended(pack, all_packs.zone)
    if pack.record.current is None:
        raise RequestRefused(_nothing_current(pack, all_packs))
    known_environments(account, environments or ())
    extensions = typed(values or {}, known)
    known_values(key.pack, extensions, known)
    message = f"{key} is installed and runs {pack.record.current}"
    row = Attached(
        key=key,
        origin=AttachmentOrigin.ACCOUNT,
        release=pack.record.current,
        requested=Settings(environments=environments, extensions=extensions or None),
        updated_at=now,
    )
    details = {"instance": key.instance or None, "before": None, "after": row.release}
    event = _event(EventKind.ACCOUNT_INSTALL, base, key, now, actor, message, details)
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
    details = {"instance": row.key.instance or None, "before": row.release, "after": None}
    event = _event(EventKind.ACCOUNT_UNINSTALL, base, row.key, now, actor, message, details)
    return Decision(action=Action.UNINSTALL, removed=row.key, event=event, message=message)


def _refuse_declared(base: InstallBase, row: Attached, spec: IntegrationPack) -> None:
    key = row.key
    if row.origin is AttachmentOrigin.MANIFEST:
        raise RequestRefused(
            f"the publisher's Attachment manifest {key} declares it;"
            f" {key.account} can't uninstall it",
            "ask the publisher to delete the manifest",
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
        )


def copy_template(
    base: InstallBase, account: str, component: str, now: datetime, actor: str
) -> Decision:
    """Copies a process template into the account, once; later versions do not touch the copy.

    Raises RequestRefused.
    """
    active_account(base, account)
    template = base.tree.templates.get(component)
    if template is None:
        raise RequestRefused(f'the process library has no template "{component}"')
    if not any(account in base.tree.members.get(group, ()) for group in template.groups):
        raise RequestRefused(
            f"template {component} is shared with {listed(template.groups)};"
            f" {account} is in none of these groups"
        )
    for copy in base.copies:
        if copy.account == account and copy.component == component:
            return _copied_before(copy, template.version)
    message = f"{account} copied template {component} {template.version}"
    made = TemplateCopy(
        account=account,
        component=component,
        version=template.version,
        copied_at=now,
        actor=actor,
    )
    event = EventDraft(
        kind=EventKind.ACCOUNT_COPY_TEMPLATE,
        at=now,
        actor=actor,
        revision=base.in_force,
        account=account,
        message=message,
        details={"component": component, "version": template.version},
    )
    return Decision(action="copy-template", copy=made, event=event, message=message)


def _copied_before(copy: TemplateCopy, version: str) -> Decision:
    if copy.version != version:
        raise RequestRefused(
            f"{copy.account} copied template {copy.component} already, as {copy.version};"
            f" a template is copied once and {version} does not update the copy"
        )
    told = f"{copy.account} has template {copy.component} {version} already; nothing was changed"
    return Decision(action="copy-template", message=told)


def _event(
    kind: EventKind,
    base: InstallBase,
    key: AttachmentKey,
    now: datetime,
    actor: str,
    message: str,
    details: Mapping[str, Any],
) -> EventDraft:
    return EventDraft(
        kind=kind,
        at=now,
        actor=actor,
        revision=base.in_force,
        pack=key.pack,
        account=key.account,
        message=message,
        details=details,
    )
