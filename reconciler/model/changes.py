"""One step from current to desired, and a plan: the ordered steps with all that they write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from reconciler.model.base import Attached, ComponentRecord, PackRecord
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.findings import Finding
from reconciler.model.windows import Window


class Action(StrEnum):
    """What a change does (SPEC section 9): to a declaration, to a release, to attachments."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SHARE = "share"
    RELEASE = "release"
    SCHEDULE = "schedule"
    RESCHEDULE = "reschedule"
    PROMOTE = "promote"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"
    ROLLBACK = "rollback"
    INSTALL = "install"
    UPGRADE = "upgrade"
    ADOPT = "adopt"
    REVERT = "revert"
    CONFIGURE = "configure"
    UNINSTALL = "uninstall"


DESTRUCTIVE = frozenset({Action.UNINSTALL, Action.ROLLBACK, Action.REVERT, Action.DELETE})


class Gate(StrEnum):
    """What keeps a change waiting (SPEC section 5)."""

    FREEZE = "freeze"
    MISSED_WINDOW = "missed-window"
    PACK_SUSPENDED = "pack-suspended"
    HOLD = "hold"
    ACCOUNT_SUSPENDED = "account-suspended"
    FIRST_RELEASE = "first-release"  # nothing is current yet; the first release is pending
    BEHIND = "behind"  # a schedule or supersede that follows a waiting release
    CONTESTED = "contested"  # a revision refused by a limit would change what is due


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step. `name`: the declaration's identity, or the pack for releases and attachments.

    `before`/`after`: release versions for releases and attachments (dates for a reschedule),
    digests of the declaration otherwise; None for nothing. `release` is the version that a
    reschedule, schedule, promote, … is about. `attachments` counts the rows that it moves.
    `members` names the attachments hit, all of a destructive change, at most ten of another.
    `until` (UTC) is set on waiting changes only, None there when no instant is known. `path` is
    the manifest that asks for it, None when none does. `late`: it comes after its window.
    """

    action: Action
    kind: Kind
    name: str
    before: str | None = None
    after: str | None = None
    release: str | None = None
    attachments: int = 0
    reason: str | None = None
    path: str | None = None
    gate: Gate | None = None
    until: datetime | None = None
    window: Window | None = None
    late: bool = False
    members: tuple[str, ...] = ()

    @property
    def destructive(self) -> bool:
        return self.action in DESTRUCTIVE


class Member(NamedTuple):
    """A row whose membership differs: `before` None for one that comes, `after` None for one that
    goes because of `reason`. What it runs is not decided here: a new row runs nothing yet.
    """

    before: Attached | None
    after: Attached | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """Rows of one pack that are to run what the pack serves; the store finds and moves them.

    `closed`: nobody may adopt the pending release any more, because a waiting release will
    supersede it. `suspended`: the pack's own gate; nothing of it is installed, adopted or upgraded.
    """

    pack: str
    closed: bool = False
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What carrying out a plan writes, as values; the store makes it so.

    `packs` are the new records of packs whose record differs. `members` counts the rows that come,
    go or change: which these are is worked out again while they are written, so that a plan for a
    million is small.
    `renames`: kind and former name -> new name, applied before everything else. `suspensions`:
    account -> whether it is suspended from now on, where that changes.
    """

    renames: Mapping[tuple[Kind, str], str] = field(default_factory=dict)
    put: tuple[Declaration, ...] = ()
    dropped: tuple[tuple[Kind, str], ...] = ()
    components: tuple[ComponentRecord, ...] = ()
    packs: tuple[PackRecord, ...] = ()
    members: int = 0
    rollouts: tuple[Rollout, ...] = ()
    suspensions: Mapping[str, bool] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether carrying it out would write nothing."""
        lists = (self.put, self.dropped, self.components, self.packs, self.rollouts)
        return not (self.renames or any(lists) or self.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The ordered steps at `now`; `digest` is over what SPEC section 7.4 says.

    `gated` False: made from a cold store, which consults no gates. `next_due`: when something may
    happen after it without a new commit.
    """

    revision: str
    store_id: str | None
    now: datetime
    gated: bool
    changes: tuple[Change, ...]
    waiting: tuple[Change, ...]
    next_due: datetime | None
    digest: str
    effects: Effects = field(repr=False)
    descends: bool = True
    findings: tuple[Finding, ...] = ()
