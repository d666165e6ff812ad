"""Plain data that the schema accepted -> a declaration with its identity and canonical body."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from reconciler.model.declarations import (
    NOTHING,
    AccountGroup,
    AccountStatus,
    Acknowledgement,
    Attachment,
    AttachmentMode,
    ComponentType,
    Contact,
    ContainedComponent,
    Declaration,
    Deployment,
    Environment,
    ExtensionSetting,
    Freeze,
    Hold,
    InstallMode,
    IntegrationPack,
    Kind,
    Limits,
    ManagedAccount,
    MissedWindow,
    Origin,
    PackagedComponent,
    ProcessTemplate,
    PublishedProcess,
    Publisher,
    Release,
    Resource,
    Spec,
    Suspension,
)

Data = Mapping[str, Any]

_KEPT = ("name", "labels", "annotations", "renamedFrom")


# json.dumps() would make an encoder for each declaration.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal text exactly when the values are equal."""
    return _ENCODER.encode(value)


def declaration(
    kind: Kind, metadata: Data, spec: Data, origin: Origin | None = None
) -> Declaration:
    """Builds the typed value; `spec` has passed the kind's schema, dates in it are real.

    A PackagedComponent's spec may carry `contentId`, the git object id of its content, beside the
    fields of the manifest; whoever reads the manifest adds it.
    """
    kept = {key: metadata[key] for key in _KEPT if metadata.get(key)}
    return _declaration(kind, metadata, spec, canonical({"metadata": kept, "spec": spec}), origin)


def restored(kind: Kind, body: str) -> Declaration:
    """The declaration that `body`, taken from the store, was made from."""
    content = json.loads(body)
    return _declaration(kind, content["metadata"], content["spec"], body, None)


def _declaration(
    kind: Kind, metadata: Data, spec: Data, body: str, origin: Origin | None
) -> Declaration:
    decoded = _DECODERS[kind](metadata, spec)
    return Declaration(
        kind=kind,
        name=identity(decoded, metadata),
        renamed_from=tuple(metadata.get("renamedFrom", ())),
        spec=decoded,
        body=body,
        origin=origin,
    )


def identity(spec: Spec, metadata: Data) -> str:
    """The identity as text; see Declaration.name."""
    match spec:
        case PackagedComponent():
            return f"{spec.component}@{spec.version}"
        case PublishedProcess():
            return f"{spec.component}@{spec.revision}"
        case Release():
            return f"{spec.pack}@{spec.version}"
        case Attachment():
            return attachment_name(spec.account, spec.pack, spec.instance)
        case ProcessTemplate():
            return spec.component
        case _:
            return str(metadata["name"])


def attachment_name(account: str, pack: str, instance: str | None) -> str:
    """ "account/pack", or "account/pack/instance"."""
    return "/".join(part for part in (account, pack, instance) if part)


def _contact(data: Data | None) -> Contact | None:
    if data is None:
        return None
    return Contact(name=data.get("name"), email=data.get("email"), url=data.get("url"))


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _freeze(data: Data) -> Freeze:
    return Freeze(
        name=data["name"],
        reason=data.get("reason"),
        from_on=_date(data.get("from")),
        until_on=_date(data.get("until")),
        cron=data.get("cron"),
        duration=data.get("duration"),
        time_zone=data.get("timeZone"),
    )


def _publisher(metadata: Data, spec: Data) -> Publisher:
    limits = spec.get("limits", NOTHING)
    defaults = Limits()
    return Publisher(
        display_name=spec.get("displayName"),
        time_zone=spec["timeZone"],
        contact=_contact(spec.get("contact")),
        missed_window=MissedWindow(spec.get("missedWindow", "asap")),
        freezes=tuple(map(_freeze, spec.get("freezes", ()))),
        limits=Limits(
            max_uninstalls=str(limits.get("maxUninstalls", defaults.max_uninstalls)),
            max_rollbacks=str(limits.get("maxRollbacks", defaults.max_rollbacks)),
        ),
        acknowledged=tuple(
            Acknowledgement(
                action=entry["action"],
                name=entry["name"],
                attachments=entry["attachments"],
                expires_on=date.fromisoformat(entry["expires"]),
                reason=entry["reason"],
            )
            for entry in spec.get("acknowledged", ())
        ),
        policies=dict(spec.get("policies", NOTHING)),
    )


def _contains(spec: Data) -> tuple[ContainedComponent, ...]:
    return tuple(
        ContainedComponent(
            name=item["name"],
            type=item["type"],
            version=item.get("version"),
            extensions={
                name: ExtensionSetting(
                    type=setting["type"],
                    required=setting.get("required", False),
                    default=setting.get("default"),
                )
                for name, setting in item.get("extensions", NOTHING).items()
            },
        )
        for item in spec.get("contains", ())
    )


def _packaged_component(metadata: Data, spec: Data) -> PackagedComponent:
    return PackagedComponent(
        component=spec["component"],
        type=ComponentType(spec["type"]),
        version=spec["version"],
        shareable=spec.get("shareable", False),
        notes=spec.get("notes"),
        content=spec.get("content"),
        content_id=spec.get("contentId"),
        contains=_contains(spec),
    )


def _published_process(metadata: Data, spec: Data) -> PublishedProcess:
    return PublishedProcess(
        component=spec["component"],
        type=ComponentType(spec["type"]),
        revision=spec["revision"],
        contains=_contains(spec),
    )


def _integration_pack(metadata: Data, spec: Data) -> IntegrationPack:
    documentation = spec.get("documentation", NOTHING)
    suspended = spec.get("suspended")
    return IntegrationPack(
        name=metadata["name"],
        display_name=spec.get("displayName"),
        description=spec.get("description"),
        attachment=AttachmentMode(spec["attachment"]),
        components=tuple(spec["components"]),
        installation_guide=documentation.get("installation"),
        user_guide=documentation.get("user"),
        contact=_contact(spec.get("contact")),
        prerequisites=tuple(spec.get("prerequisites", ())),
        deployment=Deployment(spec.get("deployment", "packaged")),
        suspended=suspended
        and Suspension(reason=suspended["reason"], until_on=_date(suspended.get("until"))),
        retired=spec["retired"]["reason"] if "retired" in spec else None,
    )


def _release(metadata: Data, spec: Data) -> Release:
    schedule = spec["schedule"]
    assessment = spec.get("assessment", NOTHING)
    return Release(
        pack=spec["pack"],
        version=spec["version"],
        components={name: str(version) for name, version in spec["components"].items()},
        removes=tuple(spec.get("removes", ())),
        date_text=None if schedule == "immediate" else schedule["date"],
        notes=spec.get("notes"),
        emergency=spec.get("emergency", False),
        impact=assessment.get("impact"),
        regression=assessment.get("regression"),
    )


def _managed_account(metadata: Data, spec: Data) -> ManagedAccount:
    return ManagedAccount(
        name=metadata["name"],
        display_name=spec.get("displayName"),
        time_zone=spec.get("timeZone"),
        status=AccountStatus(spec.get("status", "active")),
        environments=tuple(
            Environment(name=item["name"], classification=item["classification"])
            for item in spec.get("environments", ())
        ),
        contact=_contact(spec.get("contact")),
        labels=dict(metadata.get("labels", NOTHING)),
    )


def _account_group(metadata: Data, spec: Data) -> AccountGroup:
    selector = spec.get("selector")
    return AccountGroup(
        name=metadata["name"],
        accounts=tuple(spec.get("accounts", ())),
        selector=None if selector is None else dict(selector["matchLabels"]),
        all=spec.get("all", False),
        packs=tuple(
            Resource(pack=item["pack"], install=InstallMode(item.get("install", "manual")))
            for item in spec.get("packs", ())
        ),
    )


def _attachment(metadata: Data, spec: Data) -> Attachment:
    hold = spec.get("hold")
    return Attachment(
        account=spec["account"],
        pack=spec["pack"],
        instance=spec.get("instance"),
        environments=None if "environments" not in spec else tuple(spec["environments"]),
        extensions=spec.get("extensions"),
        adopt=spec.get("adopt"),
        hold=hold and Hold(until_on=date.fromisoformat(hold["until"]), reason=hold["reason"]),
    )


def _process_template(metadata: Data, spec: Data) -> ProcessTemplate:
    return ProcessTemplate(
        component=spec["component"], version=spec["version"], groups=tuple(spec["groups"])
    )


_DECODERS: Mapping[Kind, Callable[[Data, Data], Spec]] = {
    Kind.PUBLISHER: _publisher,
    Kind.PACKAGED_COMPONENT: _packaged_component,
    Kind.PUBLISHED_PROCESS: _published_process,
    Kind.INTEGRATION_PACK: _integration_pack,
    Kind.MANAGED_ACCOUNT: _managed_account,
    Kind.ACCOUNT_GROUP: _account_group,
    Kind.PROCESS_TEMPLATE: _process_template,
    Kind.RELEASE: _release,
    Kind.ATTACHMENT: _attachment,
}
