"""What an account has and is offered -> JSON objects, with times on its own clock."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from reconciler.model.base import Attached, ReleaseRecord
from reconciler.model.declarations import Contact, IntegrationPack, ManagedAccount
from reconciler.model.windows import Window
from reconciler.report import attachments
from reconciler.report.attachments import Standing
from reconciler.report.objects import Fields
from reconciler.report.times import iso_or_none, window_fields

_NO_WINDOW = dict.fromkeys(("opens_at", "closes_at", "opens_local", "closes_local"))


class Refusal(Protocol):
    """Why something can't be asked for now."""

    @property
    def message(self) -> str: ...
    @property
    def rule(self) -> str: ...


class Setting(Protocol):
    """One setting and where its value comes from."""

    @property
    def component(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def value(self) -> Any: ...
    @property
    def is_set(self) -> bool: ...
    @property
    def source(self) -> str | None: ...
    @property
    def own_value(self) -> Any: ...
    @property
    def overruled(self) -> bool: ...
    @property
    def missing(self) -> bool: ...


class Coming(Protocol):
    """The pending release for one attachment."""

    @property
    def record(self) -> ReleaseRecord: ...
    @property
    def window(self) -> Window | None: ...
    @property
    def refusal(self) -> Refusal | None: ...


class Own(Protocol):
    """An attachment as its account sees it."""

    @property
    def row(self) -> Attached: ...
    @property
    def standing(self) -> Standing: ...
    @property
    def settings(self) -> Sequence[Setting]: ...
    @property
    def environments_source(self) -> str | None: ...
    @property
    def coming(self) -> Coming | None: ...
    @property
    def zone(self) -> ZoneInfo: ...


class Release(Protocol):
    """A release that an account may know of."""

    @property
    def record(self) -> ReleaseRecord: ...
    @property
    def state(self) -> str: ...
    @property
    def window(self) -> Window | None: ...


class Served(Protocol):
    """What a pack serves."""

    @property
    def current(self) -> str | None: ...
    @property
    def pending(self) -> str | None: ...


class PackStanding(Protocol):
    """What all attachments of a pack have in common."""

    @property
    def record(self) -> Served: ...
    @property
    def suspended(self) -> bool: ...
    @property
    def suspended_until(self) -> datetime | None: ...


class Pack(Protocol):
    """A pack as one account sees it."""

    @property
    def spec(self) -> IntegrationPack: ...
    @property
    def standing(self) -> PackStanding: ...
    @property
    def entitled(self) -> bool: ...
    @property
    def refusal(self) -> Refusal | None: ...
    @property
    def contact(self) -> Contact | None: ...
    @property
    def instances(self) -> Sequence[Attached]: ...
    @property
    def releases(self) -> Sequence[Release]: ...
    @property
    def zone(self) -> ZoneInfo: ...


def attachment_fields(own: Own) -> Fields:
    """One attachment: the fields of `attachments` but what its runtime says, its settings, and the
    pending release.
    """
    row, asked = own.row, own.row.requested.environments
    return {
        **attachments.standing_fields(row, own.standing),
        "hold_until": None if row.hold_until is None else row.hold_until.isoformat(),
        "environments_source": own.environments_source,
        "own_environments": None if asked is None else list(asked),
        "settings": [setting_fields(found) for found in own.settings],
        "pending": None if own.coming is None else _coming(own.coming, own.zone),
        "time_zone": own.zone.key,
    }


def setting_fields(found: Setting) -> Fields:
    """One setting; a secret has no value here."""
    return {
        "component": found.component,
        "name": found.name,
        "type": found.type,
        "required": found.required,
        "value": found.value,
        "set": found.is_set,
        "source": found.source,
        "own_value": found.own_value,
        "overruled": found.overruled,
        "missing": found.missing,
    }


def _coming(coming: Coming, zone: ZoneInfo) -> Fields:
    release, window = coming.record.release, coming.window
    adoptable = coming.refusal is None
    return {
        "version": release.version,
        "date": release.date_text,
        "notes": release.notes,
        **_window(window, zone),
        "adoptable": adoptable,
        "adopt_until": iso_or_none(window.opens_at) if window is not None and adoptable else None,
        "refusal": refusal_fields(coming.refusal),
    }


def refusal_fields(refusal: Refusal | None) -> Fields | None:
    """The rule and the reason; None for none."""
    return None if refusal is None else {"rule": refusal.rule, "message": refusal.message}


def _window(window: Window | None, zone: ZoneInfo) -> Mapping[str, Any]:
    return _NO_WINDOW if window is None else window_fields(window, zone)


def pack_fields(pack: Pack) -> Fields:
    """One pack with guides, contact and its releases."""
    return {
        **pack_line(pack),
        "description": pack.spec.description,
        "documentation": documentation_fields(pack.spec),
        "contact": contact_fields(pack.contact),
        "prerequisites": list(pack.spec.prerequisites),
        "releases": [release_fields(found, pack.zone) for found in pack.releases],
        "time_zone": pack.zone.key,
    }


def pack_line(pack: Pack) -> Fields:
    """What a list shows of a pack."""
    spec, standing = pack.spec, pack.standing
    return {
        "name": spec.name,
        "display_name": spec.display_name,
        "mode": spec.attachment.value,
        "current": standing.record.current,
        "pending": standing.record.pending,
        "entitled": pack.entitled,
        "retired": spec.retired,
        "suspended": standing.suspended,
        "suspended_until": iso_or_none(standing.suspended_until),
        "attachments": [
            {"instance": row.key.instance or None, "release": row.release} for row in pack.instances
        ],
        "installable": pack.refusal is None,
        "refusal": refusal_fields(pack.refusal),
    }


def documentation_fields(spec: IntegrationPack) -> Fields:
    """The guides: paths in the publisher's repository, or URLs."""
    return {"installation": spec.installation_guide, "user": spec.user_guide}


def account_fields(spec: ManagedAccount) -> Fields:
    """What a manifest says of an account, but its labels, which are the publisher's own."""
    return {
        "name": spec.name,
        "display_name": spec.display_name,
        "time_zone": spec.time_zone,
        "status": spec.status.value,
        "environments": [
            {"name": found.name, "classification": found.classification}
            for found in spec.environments
        ],
    }


def contact_fields(contact: Contact | None) -> Fields | None:
    """Whom to ask; None for nobody."""
    if contact is None:
        return None
    return {"name": contact.name, "email": contact.email, "url": contact.url}


def release_fields(found: Release, zone: ZoneInfo) -> Fields:
    """One release and its window on the account's clock."""
    release = found.record.release
    return {
        "version": release.version,
        "state": found.state,
        "date": release.date_text,
        **_window(found.window, zone),
        "current_at": iso_or_none(found.record.current_at),
        "emergency": release.emergency,
        "notes": release.notes,
        "components": dict(release.components),
        "removes": list(release.removes),
    }
