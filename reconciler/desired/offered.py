"""One account's world and an instant -> what it has, what is offered to it, and until when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.desired.eligibility import known_settings
from reconciler.desired.extensibility import is_secret_reference
from reconciler.desired.gates import opening
from reconciler.desired.requests import adopt, install
from reconciler.desired.standing import PackStanding, Standing, Standings, declarers
from reconciler.errors import RequestRefused
from reconciler.model.base import (
    Attached,
    AttachmentKey,
    Extensions,
    InstallBase,
    ReleaseRecord,
    TemplateCopy,
)
from reconciler.model.declarations import (
    NOTHING,
    AttachmentMode,
    Contact,
    IntegrationPack,
    ProcessTemplate,
)
from reconciler.model.windows import Window
from reconciler.model.zones import zone

MOST_RELEASES = 50
_NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting of an attachment, and where its value comes from.

    `source` is "manifest", "account" or "default", None without a value. `value` is None for a
    secret, which is never read back: `is_set` says whether there is one. `own_value` is what the
    account has set, None as before; `overruled`: it has, and the manifest wins. `missing`: a
    release needs it and nobody gives it.
    """

    component: str
    name: str
    type: str
    required: bool
    value: Any
    is_set: bool
    source: str | None
    own_value: Any
    overruled: bool
    missing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """The pending release for one attachment. `refusal` None: it may be adopted now."""

    record: ReleaseRecord
    window: Window | None
    refusal: RequestRefused | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAttachment:
    """One attachment as its account sees it; `zone` is the account's."""

    row: Attached
    standing: Standing
    settings: tuple[ShownSetting, ...]
    environments_source: str | None
    coming: Coming | None
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedRelease:
    """A release that an account may know of; `state` is current, pending or earlier."""

    record: ReleaseRecord
    state: str
    window: Window | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPack:
    """A pack as one account sees it. `refusal` None: it may be installed (again) now.

    `contact` is the publisher's where the pack has none. `releases` are the newest first, the
    pending one included, at most MOST_RELEASES.
    """

    spec: IntegrationPack
    standing: PackStanding
    entitled: bool
    refusal: RequestRefused | None
    contact: Contact | None
    instances: tuple[Attached, ...]
    releases: tuple[OfferedRelease, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTemplate:
    """A process template; `template` None: it is shared no more. `copy` None: not copied yet."""

    component: str
    template: ProcessTemplate | None
    copy: TemplateCopy | None


def templates(base: InstallBase, account: str) -> tuple[SharedTemplate, ...]:
    """The templates of an account's world, and those that it has copied, in order of name."""
    shared = {template.component: template for template in base.tree.templates.values()}
    copies = {copy.component: copy for copy in base.copies if copy.account == account}
    return tuple(
        SharedTemplate(component=name, template=shared.get(name), copy=copies.get(name))
        for name in sorted({*shared, *copies})
    )


class Offers:
    """Answers about one account at one instant; `base` is its world (ports.views.of_account).

    Raises LookupError when nothing was ever applied.
    """

    def __init__(self, base: InstallBase, account: str, now: datetime) -> None:
        self._base, self._account, self._now = base, account, now
        self.standings = Standings(base, now)
        spec = base.tree.accounts[account]
        self.zone = zone(spec.time_zone) if spec.time_zone else self.standings.zone

    def attachment(self, row: Attached) -> OwnAttachment:
        """One attachment with its settings and what comes next."""
        return OwnAttachment(
            row=row,
            standing=self.standings.of(row),
            settings=tuple(self._settings(row)),
            environments_source=_source_of_environments(row),
            coming=self._coming(row),
            zone=self.zone,
        )

    def pack(self, name: str) -> OfferedPack | None:
        """None for one that the account neither has nor is entitled to, or that is not declared."""
        spec = self._base.tree.packs.get(name)
        rows = tuple(
            row
            for row in self._base.attachments.of_accounts({self._account})
            if row.key.pack == name
        )
        entitled = bool(declarers(self._base, self._account, name))
        if spec is None or not (rows or entitled):
            return None
        standing = self.standings.pack(name)
        return OfferedPack(
            spec=spec,
            standing=standing,
            entitled=entitled,
            refusal=self._uninstallable(spec),
            contact=spec.contact or self.standings.publisher.contact,
            instances=rows,
            releases=tuple(self._releases(standing)),
            zone=self.zone,
        )

    def _releases(self, pack: PackStanding) -> Iterator[OfferedRelease]:
        record = pack.record
        known = [
            (version, found)
            for version, found in record.releases.items()
            if version == record.pending or (found.declared and found.promoted_at is not None)
        ]
        for version, found in known[: -MOST_RELEASES - 1 : -1]:
            state = "earlier"
            if version in (record.current, record.pending):
                state = "current" if version == record.current else "pending"
            yield OfferedRelease(record=found, state=state, window=self._window(found))

    def _window(self, found: ReleaseRecord) -> Window | None:
        return opening(found.release, self.standings.publisher, self.standings.zone)

    def _uninstallable(self, spec: IntegrationPack) -> RequestRefused | None:
        """Why the pack can't be installed; of a multiple one, under a name that is free."""
        instance = _NOBODY
        if spec.attachment is AttachmentMode.MULTIPLE:
            taken = {key.instance for key in self._base.attachments}
            instance = next(name for name in _names() if name not in taken)
        key = AttachmentKey(self._account, spec.name, instance)
        try:
            install(self._base, key, self._now, _NOBODY)
        except RequestRefused as refusal:
            return refusal
        return None

    def _coming(self, row: Attached) -> Coming | None:
        record = self.standings.pack(row.key.pack).record
        if record.pending is None:
            return None
        found = record.releases[record.pending]
        return Coming(record=found, window=self._window(found), refusal=self._unadoptable(row))

    def _unadoptable(self, row: Attached) -> RequestRefused | None:
        if self.standings.of(row).adopted:
            return RequestRefused(f"it runs {row.release} already", rule="installed")
        try:
            adopt(self._base, row.key, None, self._now, _NOBODY)
        except RequestRefused as refusal:
            return refusal
        return None

    def _settings(self, row: Attached) -> Iterator[ShownSetting]:
        declared = row.declared.extensions or NOTHING
        own = row.requested.extensions or NOTHING
        known = known_settings(self._base, row.key.pack, self._now)
        given = {(component, name) for said in (declared, own) for component in said
                 for name in said[component]}  # fmt: skip
        for component, name in sorted(known.keys() | given):
            setting = known.get((component, name))
            default = setting.default if setting is not None else None
            value, source = _value(declared, own, component, name)
            if source is None and default is not None:
                value, source = default, "default"
            required = setting is not None and setting.required
            secret = is_secret_reference(value) or (
                setting is not None and setting.type == "secret"
            )
            yield ShownSetting(
                component=component,
                name=name,
                type="unknown" if setting is None else setting.type,
                required=required,
                value=None if secret else value,
                is_set=source is not None,
                source=source,
                own_value=None if secret else own.get(component, NOTHING).get(name),
                overruled=source == "manifest" and name in own.get(component, NOTHING),
                missing=required and source is None,
            )


def _value(
    declared: Extensions, own: Extensions, component: str, name: str
) -> tuple[Any, str | None]:
    for said, source in ((declared, "manifest"), (own, "account")):
        values = said.get(component, NOTHING)
        if name in values:
            return values[name], source
    return None, None


def _source_of_environments(row: Attached) -> str | None:
    if row.declared.environments is not None:
        return "manifest"
    return None if row.requested.environments is None else "account"


def _names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"instance-{number}"
