"""An end that comes near and now -> the reminder that is due, and the event that tells of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.desired.extensibility import Extensibility, SettingName
from reconciler.desired.gates import opening
from reconciler.desired.phrases import counted
from reconciler.model.base import ReleaseRecord
from reconciler.model.declarations import Publisher
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.tree import Tree
from reconciler.model.windows import Window, window_details

WINDOW_LEADS = (timedelta(days=7), timedelta(days=1), timedelta(hours=1))
TOKEN_LEADS = (timedelta(days=14), timedelta(days=1))
BEGINNING = timedelta(days=1)
"""How long after a testing period began accounts are told at once that they miss a value."""
ACTOR = "reconciler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A pending release and its opening, freezes considered; `stage`: what it is time to say.

    Its text is part of what keeps a reminder from being said twice: another opening, another one.
    `lead` None: the testing period has just begun.
    """

    record: ReleaseRecord
    current: str | None
    window: Window
    lead: timedelta | None

    @property
    def stage(self) -> str:
        release = self.record.release
        opens_at = self.window.opens_at.isoformat()
        lead = "began" if self.lead is None else f"{self.lead.total_seconds():.0f}"
        return f"{release.pack} {release.version} {opens_at} {lead}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that expires; `account` None: one of the publisher's."""

    id: int
    name: str
    account: str | None
    created_at: datetime
    expires_at: datetime


def reached_lead(
    leads: Iterable[timedelta], began_at: datetime, ends_at: datetime, now: datetime
) -> timedelta | None:
    """The shortest lead whose time has come; None before the first, and after the end.

    What began when that time was over needs no reminder yet: one is told of the beginning.
    """
    reached = [lead for lead in leads if ends_at - lead <= now < ends_at]
    nearest = min(reached, default=None)
    return None if nearest is None or began_at >= ends_at - nearest else nearest


def near(
    record: ReleaseRecord,
    current: str | None,
    publisher: Publisher,
    zone: ZoneInfo,
    leads: Sequence[timedelta],
    now: datetime,
) -> Near | None:
    """What it is time to say of a pending release; `current` is what its pack serves until then."""
    window = opening(record.release, publisher, zone)
    if window is None or not now < window.opens_at or window.opens_at.year > 9000:
        return None
    lead = reached_lead(leads, record.accepted_at, window.opens_at, now)
    if lead is None and record.accepted_at <= now - BEGINNING:
        return None
    return Near(record=record, current=current, window=window, lead=lead)


def window_near(found: Near, zone: ZoneInfo, now: datetime) -> EventDraft:
    """The event for all who have the pack."""
    release = found.record.release
    return EventDraft(
        kind=EventKind.WINDOW_NEAR,
        at=now,
        actor=ACTOR,
        pack=release.pack,
        message=f"the window of {release.pack} {release.version} opens"
        f" {found.window.opens_at.astimezone(zone).isoformat()}",
        details=_details(found, zone),
    )


def values_missing(
    found: Near, account: str, names: Sequence[SettingName], zone: ZoneInfo, now: datetime
) -> EventDraft:
    """The event for one account, which names the settings and never a value."""
    release = found.record.release
    return EventDraft(
        kind=EventKind.VALUES_MISSING,
        at=now,
        actor=ACTOR,
        pack=release.pack,
        account=account,
        message=f"{account} misses {counted(len(names), 'value')} that {release.pack}"
        f" {release.version} requires",
        details={
            **_details(found, zone),
            "missing": [{"component": component, "name": name} for component, name in names],
        },
    )


def token_expiring(token: Token, now: datetime) -> EventDraft:
    """The event for whoever uses the token."""
    return EventDraft(
        kind=EventKind.TOKEN_EXPIRING,
        at=now,
        actor=ACTOR,
        account=token.account,
        message=f"token {token.name} expires {token.expires_at.isoformat()}",
        details={"token": token.name, "expires_at": token.expires_at.isoformat()},
    )


def _details(found: Near, zone: ZoneInfo) -> dict[str, object]:
    record = found.record
    return {
        "before": found.current,
        "after": record.release.version,
        "resolved_at": None if record.opens_at is None else record.opens_at.isoformat(),
        "window": window_details(found.window, zone),
    }


def required_settings(tree: Tree, pack: str, version: str) -> tuple[SettingName, ...]:
    """What a release requires of accounts; `tree` has the pack, the release and its components."""
    settings = Extensibility(tree, {}).pack(pack)
    known = settings is not None and version in tree.releases.get(pack, {})
    return settings.required(version) if settings is not None and known else ()
