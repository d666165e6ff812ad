"""What an account's runtime should run, what it says that it runs, and the difference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.model.base import Attached, AttachmentKey
from reconciler.model.declarations import (
    NOTHING,
    Kind,
    PackagedComponent,
    PublishedProcess,
    Release,
)

OVERDUE_AFTER = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is known when an agent was last seen."""
LONGEST_FAILURE = 500
LONGEST_NAME = 128
MOST_WAITED_SECONDS = 60
"""How long a server waits before it says that nothing is new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledComponent:
    """A packaged version of a release. `type` None: it is not declared any more.

    `content` is the git object id of what it holds, a file or folder that is called `file`; both
    None for one without content.
    """

    component: str
    version: str
    type: str | None
    content: str | None
    file: str | None


class Aim(NamedTuple):
    """What a report is held against; `since` (UTC) is when it became so."""

    release: str
    digest: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one attachment should run by the store's word: the release that its row says.

    `extensions` are the values in force of the settings that this release has, defaults included;
    secrets are references. `digest` is over all of this; `since` (UTC) is when the row became so.
    """

    key: AttachmentKey
    release: str
    environments: tuple[str, ...]
    extensions: Mapping[str, Mapping[str, Any]]
    components: tuple[BundledComponent, ...]
    digest: str
    since: datetime

    @property
    def aim(self) -> Aim:
        """What a report of it has to say."""
        return Aim(self.release, self.digest, self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that an account's runtime should run. `digest` changes with any of it."""

    account: str
    targets: tuple[Target, ...]
    digest: str

    @property
    def contents(self) -> frozenset[str]:
        """The git object ids of all contents in it."""
        return frozenset(
            component.content
            for target in self.targets
            for component in target.components
            if component.content is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A runtime that fetches what it should run. `sequence` is that of its newest report."""

    name: str
    sequence: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was said last of one attachment; `reported_at` None: nothing yet.

    `version` None: the runtime does not run it. `verified`: version and digest were what it should
    run when it said so. `behind_since` is the beginning of the difference as last looked at, None
    without one; `told`: an event tells that it is overdue.
    """

    key: AttachmentKey
    version: str | None = None
    digest: str | None = None
    verified: bool = False
    failure: str | None = None
    reported_at: datetime | None = None
    behind_since: datetime | None = None
    told: bool = False

    @property
    def installed(self) -> str | None:
        """The release that was reported and verified; None where there is none."""
        return self.version if self.verified else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a runtime says of one attachment: what it runs, or why it can't run what it should."""

    pack: str
    instance: str
    version: str | None
    digest: str | None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the store knows of one account's delivery. `agent` None: its word counts alone.

    `specs` are the packaged versions that its releases name, by kind and "component@version", and
    of `legacy` packs the published processes.
    """

    account: str
    agent: Agent | None
    rows: tuple[Attached, ...]
    releases: Mapping[tuple[str, str], Release]
    specs: Mapping[tuple[Kind, str], PackagedComponent | PublishedProcess]
    legacy: frozenset[str] = frozenset()
    reports: Mapping[AttachmentKey, Report] = field(default_factory=lambda: NOTHING)


class DriftReason(StrEnum):
    """Why what is installed is not what should be; the first that fits."""

    FAILED = "failed"  # the runtime says why it can't
    NOT_REPORTED = "not-reported"  # it has said nothing of it yet
    NOT_REMOVED = "not-removed"  # it was uninstalled, and is still there
    OTHER_RELEASE = "other-release"  # another release than it should, or none
    OTHER_CONTENT = "other-content"  # the release, but not with this content or these settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A difference. `since` and `overdue_at` are UTC; `message` is half a sentence."""

    reason: DriftReason
    since: datetime
    overdue_at: datetime
    overdue: bool
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFile:
    """One file: its POSIX path in the content, "" where that is but this file.

    `size` in bytes, `sha256` of its bytes, `mode` as git has it: 100755 is executable.
    """

    path: str
    mode: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentManifest:
    """The files of a content, in git's order; `content` is its git object id."""

    content: str
    files: tuple[ContentFile, ...]
