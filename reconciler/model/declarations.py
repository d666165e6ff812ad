"""What a publisher declares: one frozen value for each kind of manifest (SPEC section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Kind(StrEnum):
    """The kinds of manifest, in the order in which one refers to another."""

    PUBLISHER = "Publisher"
    PACKAGED_COMPONENT = "PackagedComponent"
    PUBLISHED_PROCESS = "PublishedProcess"
    INTEGRATION_PACK = "IntegrationPack"
    MANAGED_ACCOUNT = "ManagedAccount"
    ACCOUNT_GROUP = "AccountGroup"
    PROCESS_TEMPLATE = "ProcessTemplate"
    RELEASE = "Release"
    ATTACHMENT = "Attachment"


class ComponentType(StrEnum):
    """What a packaged component is; only the first two may be shareable."""

    PROCESS = "process"
    API_SERVICE = "api-service"
    PROCESS_ROUTE = "process-route"
    CERTIFICATE = "certificate"
    CUSTOM_LIBRARY = "custom-library"


class AttachmentMode(StrEnum):
    """How often a pack may be installed in one account."""

    SINGLE = "single"
    MULTIPLE = "multiple"


class Deployment(StrEnum):
    """What the releases of a pack name: packaged versions, or revisions of published processes."""

    PACKAGED = "packaged"
    LEGACY = "legacy"


class InstallMode(StrEnum):
    """Whether a group's accounts install a pack themselves or get it."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"


class AccountStatus(StrEnum):
    """A suspended account keeps what it runs and gets nothing new."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class MissedWindow(StrEnum):
    """What happens to a release whose window passed while no reconciler ran."""

    ASAP = "asap"
    NEXT_WINDOW = "next-window"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask; at least one of email and url is there."""

    name: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing is released: dates (`until_on` exclusive), or cron and duration.

    `time_zone` None means the publisher's. `duration` is "36h" (elapsed) or "2d" (local days).
    """

    name: str
    reason: str | None = None
    from_on: date | None = None
    until_on: date | None = None
    cron: str | None = None
    duration: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many attachments one plan may uninstall or roll back: "5%" of the base, or a count."""

    max_uninstalls: str = "5%"
    max_rollbacks: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A destructive change that may pass, up to `attachments` and before `expires_on`."""

    action: str
    name: str
    attachments: int
    expires_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who releases, in which zone, and under which policies."""

    display_name: str | None = None
    time_zone: str
    contact: Contact | None = None
    missed_window: MissedWindow = MissedWindow.ASAP
    freezes: tuple[Freeze, ...] = ()
    limits: Limits = Limits()
    acknowledged: tuple[Acknowledgement, ...] = ()
    policies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionSetting:
    """One setting: type is string, number, boolean or secret; default None means none."""

    type: str
    required: bool = False
    default: str | int | float | bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainedComponent:
    """Something inside a packaged component; `type` is free text ("connection", "map", …)."""

    name: str
    type: str
    version: str | None = None
    extensions: Mapping[str, ExtensionSetting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedComponent:
    """One immutable version of a component. `content` is a path below the publisher root."""

    component: str
    type: ComponentType
    version: str
    shareable: bool = False
    notes: str | None = None
    content: str | None = None
    content_id: str | None = (
        None  # git object id of `content`; None when it is not declared or missing
    )
    contains: tuple[ContainedComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedProcess:
    """A legacy process at one integer revision."""

    component: str
    type: ComponentType
    revision: int
    contains: tuple[ContainedComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Why a pack is suspended; `until_on` None means until it is taken out."""

    reason: str
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationPack:
    """A bundle that is released as one solution."""

    name: str
    display_name: str | None = None
    description: str | None = None
    attachment: AttachmentMode
    components: tuple[str, ...]
    installation_guide: str | None = None
    user_guide: str | None = None
    contact: Contact | None = None
    prerequisites: tuple[str, ...] = ()
    deployment: Deployment = Deployment.PACKAGED
    suspended: Suspension | None = None
    retired: str | None = None  # the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A published version of a pack. `date_text` None means immediate.

    The date stays text because a date that no calendar has is a finding (release-date),
    not a reason to refuse the document. Values of `components` are versions, or for a
    legacy pack revisions written as text.
    """

    pack: str
    version: str
    components: Mapping[str, str]
    removes: tuple[str, ...] = ()
    date_text: str | None = None
    notes: str | None = None
    emergency: bool = False
    impact: str | None = None
    regression: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where an account runs packs; classification is "test" or "production"."""

    name: str
    classification: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAccount:
    """Who installs packs. `time_zone` None means the publisher's."""

    name: str
    display_name: str | None = None
    time_zone: str | None = None
    status: AccountStatus = AccountStatus.ACTIVE
    environments: tuple[Environment, ...] = ()
    contact: Contact | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A pack that a group's accounts may install, or get."""

    pack: str
    install: InstallMode = InstallMode.MANUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGroup:
    """Accounts by name, by labels (`selector` None means no selector) or all, and their packs."""

    name: str
    accounts: tuple[str, ...] = ()
    selector: Mapping[str, str] | None = None
    all: bool = False
    packs: tuple[Resource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An attachment keeps its release until the window of `until_on` would open."""

    until_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One declared attachment. None means that the manifest leaves the field to the account.

    `extensions`: contained component -> setting -> value, or {"secretRef": text}.
    """

    account: str
    pack: str
    instance: str | None = None
    environments: tuple[str, ...] | None = None
    extensions: Mapping[str, Mapping[str, Any]] | None = None
    adopt: str | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTemplate:
    """A process in the library, shared with the groups named."""

    component: str
    version: str
    groups: tuple[str, ...]


Spec = (
    Publisher
    | PackagedComponent
    | PublishedProcess
    | IntegrationPack
    | ManagedAccount
    | AccountGroup
    | ProcessTemplate
    | Release
    | Attachment
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which document of which file a declaration came from: `document` and `item` count from 0."""

    path: str
    document: int
    item: int | None = None  # None outside a List


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One document: its identity, its typed spec, and the canonical text that is compared and kept.

    `name` is the identity as text: metadata.name, or "component@version" (PackagedComponent),
    "component@revision" (PublishedProcess), "pack@version" (Release), "account/pack" or
    "account/pack/instance" (Attachment), "component" (ProcessTemplate). `body` is canonical JSON
    of {"metadata", "spec"} without places, so that moving or reformatting changes nothing.
    """

    kind: Kind
    name: str
    renamed_from: tuple[str, ...] = ()
    spec: Spec
    body: str
    origin: Origin | None = field(default=None, compare=False)  # None when read from the store
