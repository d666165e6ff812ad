"""Lines of the append-only audit log, and of an attachment's history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What an event tells; the actions of a plan under their own names, then the rest."""

    # what a pass did: one event a change to releases and attachments
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
    # what became of a revision
    ACCEPTED = "accepted"  # counts of its changes by action and kind, and the plan's digest
    REFUSED = "refused"  # once per revision and reason
    CONTESTED = "contested"  # due work that a refused revision seems to change
    COLD_START = "cold-start"  # the first pass of a store, and what it can't know
    WINDOW_MOVED = "window-moved"  # the zone's rules changed
    CORRECTED = "corrected"  # a complete pass found what those that look at a part had missed
    OVERRIDE = "override"  # a limit or the order of history was overridden by hand
    # what became of a fan-out
    SET_ASIDE = "set-aside"  # attachments that can't be moved; once until that changes
    # what an account did for itself
    ACCOUNT_ADOPT = "account-adopt"
    ACCOUNT_SLOT = "account-slot"  # it chose when to adopt, or another time
    ACCOUNT_SLOT_WITHDRAWN = "account-slot-withdrawn"
    ACCOUNT_CONFIGURE = "account-configure"
    ACCOUNT_INSTALL = "account-install"
    ACCOUNT_UNINSTALL = "account-uninstall"
    ACCOUNT_COPY_TEMPLATE = "account-copy-template"
    # who may use the API and the pages
    TOKEN_CREATED = "token-created"  # noqa: S105 - its name and role; never the token
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    SESSIONS_ENDED = "sessions-ended"  # of browsers, by an operator
    # what became of a delivery to an account's runtime
    AGENT_SEEN = "agent-seen"  # the first time that a runtime names itself
    AGENT_RETIRED = "agent-retired"  # from now on the store's word counts again
    DELIVERY_OVERDUE = "delivery-overdue"  # it does not run what it should; once a difference
    DELIVERY_INSTALLED = "delivery-installed"  # a difference that was overdue is over
    # what comes near, found while somebody wants to be told of it
    WINDOW_NEAR = "window-near"  # of the pending release
    VALUES_MISSING = "values-missing"  # in an account, for the pending release
    TOKEN_EXPIRING = "token-expiring"  # noqa: S105 - a kind
    # where somebody wants to be told
    CHANNEL_ADDED = "channel-added"
    CHANNEL_REMOVED = "channel-removed"
    CHANNEL_CLOSED = "channel-closed"  # its receiver says that it is gone
    # what an operator did to the store
    RESTORED = "restored"  # from an export
    IMPORTED = "imported"  # from tables that tell what an estate runs
    TRIMMED = "trimmed"  # the history of old months was dropped


OF_RELEASES = (
    EventKind.RELEASE,
    EventKind.SCHEDULE,
    EventKind.RESCHEDULE,
    EventKind.PROMOTE,
    EventKind.SUPERSEDE,
    EventKind.WITHDRAW,
    EventKind.ROLLBACK,
    EventKind.WINDOW_MOVED,
)
"""What becomes of a pack's releases: the same for all accounts that have the pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event before the store gives it a number and its place in the chain. `at` is UTC."""

    kind: EventKind
    at: datetime
    actor: str
    revision: str | None = None
    pack: str | None = None
    account: str | None = None
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A recorded event: `digest` = SHA-256 over the previous digest and this event's content."""

    number: int
    draft: EventDraft
    previous: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One move of one attachment: `before` None on installing, `after` None on uninstalling."""

    account: str
    pack: str
    instance: str
    before: str | None
    after: str | None
    action: str
    actor: str
    revision: str | None
    at: datetime
