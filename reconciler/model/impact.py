"""The impact of a release: whom it hits and when, what differs, and what accounts have to fill in.

Counts are exact; lists hold the first of many, and say how many more there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from reconciler.model.changes import Action
from reconciler.model.contrast import Contrast
from reconciler.model.declarations import ExtensionSetting
from reconciler.model.windows import Window

T = TypeVar("T")


class Timing(StrEnum):
    """When a release reaches the attachments."""

    NOW = "now"  # as soon as the revision is applied, unless a gate holds it back
    WINDOW = "window"  # when its window opens
    CURRENT = "current"  # it is the current release already
    OVER = "over"  # a higher release is current, or takes its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """So many attachments in so many accounts."""

    attachments: int = 0
    accounts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Few(Generic[T]):
    """The first of many, and how many more there are."""

    items: tuple[T, ...] = ()
    more: int = 0

    def __len__(self) -> int:
        return len(self.items) + self.more


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHit:
    """The accounts hit that a group entitles; `group` None: no group does any more.

    An account that several groups entitle counts in each.
    """

    group: str | None
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentHit:
    """The attachments hit that run in environments of one name; None: in no environment.

    An attachment with several environments counts in each. `classification` None: the account does
    not declare the environment.
    """

    environment: str | None
    classification: str | None
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneHit:
    """The accounts hit in one zone; `starts_at` (UTC) None: no instant is known.

    `in_working_day`: it starts from Monday to Friday, at 8:00 or later and before 18:00 there.
    """

    zone: str
    starts_at: datetime | None
    in_working_day: bool
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyAdopters:
    """Attachments that run a pending release; `keep` False: it ends, and they get this one."""

    release: str
    hit: Hit
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingValue:
    """A setting that the release requires, without a default, and those who have no value for it.

    `is_new`: the release before did not require it.
    """

    name: tuple[str, str]
    setting: ExtensionSetting
    is_new: bool
    hit: Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGap:
    """What one account has to fill in: contained components with their settings."""

    account: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeSpan:
    """A freeze that touches the testing period or the window; `holds`: it delays the release."""

    name: str
    reason: str | None
    since: datetime
    until: datetime
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNotes:
    """What one packaged version says of itself."""

    version: str
    notes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The evidence that a release names: paths, and what the regression report says.

    `trouble` None: its tests passed; else it continues a sentence that starts with the path.
    """

    impact: str | None = None
    regression: str | None = None
    trouble: str | None = None
    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one release does to an install base.

    `before` is the release that is current now (for one that is current, the one before it), None
    for a first release. `action` is what the plan does with it, None when nothing. `hit` are the
    rows that it moves; those that run it already (`running`), that are installed with it, and that
    a hold or a suspension keeps back are counted apart. `window` is that of the release's date,
    `starts_at` when it really starts, freezes and other gates considered: None if nobody can tell,
    or if it does not start. `waits` says why it does not start when it should. `gaps` are the
    accounts that miss a value, held and suspended ones included. `stored` False: no install base
    was asked, so accounts' own attachments are not in the counts. `path` is the manifest.
    """

    pack: str
    version: str
    before: str | None
    action: Action | None
    timing: Timing
    window: Window | None = None
    starts_at: datetime | None = None
    waits: str | None = None
    late: bool = False
    emergency: bool = False
    stored: bool = True
    path: str | None = None
    notes: str | None = None
    hit: Hit = Hit()
    running: Hit = Hit()
    installed: Hit = Hit()
    held: Hit = Hit()
    suspended: Hit = Hit()
    adopters: EarlyAdopters | None = None
    groups: Few[GroupHit] = Few()
    environments: Few[EnvironmentHit] = Few()
    zones: Few[ZoneHit] = Few()
    missing: tuple[MissingValue, ...] = ()
    gaps: Few[AccountGap] = Few()
    contrast: Contrast | None = None
    version_notes: Mapping[str, tuple[VersionNotes, ...]] = field(default_factory=dict)
    freezes: Few[FreezeSpan] = Few()
    assessment: Assessment = Assessment()
