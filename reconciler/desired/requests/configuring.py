"""Environments and extension values that an account sets itself -> the decision, or a refusal."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.desired.eligibility import (
    active_account,
    declared_pack,
    existing_row,
    fitting_values,
    known_environments,
)
from reconciler.desired.phrases import listed
from reconciler.desired.requests import granted
from reconciler.model.base import Attached, AttachmentKey, Extensions, InstallBase, Settings
from reconciler.model.changes import Action
from reconciler.model.declarations import NOTHING
from reconciler.model.events import EventKind
from reconciler.model.requests import Decision

_ENVIRONMENTS = "environments"
_MOST_NAMED = 10


def configure(
    base: InstallBase,
    key: AttachmentKey,
    now: datetime,
    actor: str,
    *,
    environments: tuple[str, ...] | None = None,
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> Decision:
    """Sets what the account itself says of an attachment (SPEC section 3).

    `environments` are all in which it shall run, None: as before. `values` are extension values,
    texts for numbers and booleans too, {"secretRef": …} for a secret, and None for one to be
    cleared; what they do not name stays. The publisher's manifest wins, field by field: what the
    account sets beside it is kept, and the message says what does not count yet. No gate holds it
    back. Raises RequestRefused.
    """
    account = active_account(base, key.account)
    spec = declared_pack(base, key.pack)
    row = existing_row(base, key.account, spec, key.instance)
    known_environments(account, environments or ())
    given = fitting_values(base, key.pack, values or NOTHING, now, row.requested.extensions)
    requested = Settings(
        environments=(
            row.requested.environments
            if environments is None
            else tuple(dict.fromkeys(environments))
        ),
        extensions=_merged(row.requested.extensions, given),
    )
    changed = tuple(_changed(row.requested, requested))
    if not changed:
        told = f"{row.key} is set so already; nothing was changed"
        return Decision(action=Action.CONFIGURE, message=told)
    overruled = tuple(name for name in changed if _is_declared(row, name))
    message = _message(row.key, requested, changed, overruled)
    details = {"settings": list(changed), "overruled": list(overruled)}
    event = granted.told(EventKind.ACCOUNT_CONFIGURE, base, row.key, now, actor, message, details)
    put = replace(row, requested=requested, updated_at=now)
    return Decision(action=Action.CONFIGURE, put=put, event=event, message=message)


def _merged(before: Extensions | None, given: Extensions) -> Extensions | None:
    """The values that the account has set, with the new ones; None for a value takes it away."""
    found: dict[str, dict[str, Any]] = {name: dict(own) for name, own in (before or {}).items()}
    for component, values in given.items():
        own = found.setdefault(component, {})
        for name, value in values.items():
            if value is None:
                own.pop(name, None)
            else:
                own[name] = value
    return {component: own for component, own in found.items() if own} or None


def _changed(before: Settings, after: Settings) -> Iterator[str]:
    """The names of what differs: "environments", or "component.name"."""
    if before.environments != after.environments:
        yield _ENVIRONMENTS
    one, other = before.extensions or NOTHING, after.extensions or NOTHING
    for component in sorted({*one, *other}):
        old, new = one.get(component, NOTHING), other.get(component, NOTHING)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                yield f"{component}.{name}"


def _is_declared(row: Attached, name: str) -> bool:
    """Whether the manifest sets the same."""
    if name == _ENVIRONMENTS:
        return row.declared.environments is not None
    component, _, setting = name.rpartition(".")
    return setting in (row.declared.extensions or NOTHING).get(component, ())


def _message(
    key: AttachmentKey, after: Settings, changed: tuple[str, ...], overruled: tuple[str, ...]
) -> str:
    """Names alone: a value may be nobody else's business."""
    said = f"{key}: the account has set {listed(changed, _MOST_NAMED)}"
    if _ENVIRONMENTS in changed and after.environments is not None:
        where = listed(after.environments, _MOST_NAMED) if after.environments else "none"
        said += f" (environments: {where})"
    if overruled:
        said += (
            f"; the publisher's manifest sets {listed(overruled, _MOST_NAMED)}, which counts until"
            " it is taken out there"
        )
    return said
