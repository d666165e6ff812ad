"""What comes to an account in the next weeks, and what has happened to it."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.desired.calendar import Entry, EntryKind, entries
from reconciler.ports.views import EventsWanted
from reconciler.web.pages.account.world import Run, World, account_alone, world_of
from reconciler.web.pages.lists import BEFORE, PAGE, page_of
from reconciler.web.route import Access, Call, Page, Route

_DAYS = 92


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What happens at `at` (UTC): something of the calendar, or a slot of the account's own."""

    at: datetime
    entry: Entry | None = None
    run: Run | None = None


def _calendar(call: Call) -> Page:
    world = world_of(call)
    lines = [
        Line(at=entry.at, entry=entry)
        for entry in entries(world.base, call.now, _DAYS)
        if _concerns(world, entry)
    ]
    lines.extend(Line(at=run.slot, run=run) for run in world.runs() if run.slot is not None)
    lines.sort(key=lambda line: line.at)
    values = {"world": world, "lines": lines, "days": _DAYS}
    return Page(template="account/calendar.html", values=values)


def _concerns(world: World, entry: Entry) -> bool:
    """Whether it changes what the account runs; a freeze does not, it explains a date.

    Its slots are told by their attachments.
    """
    if entry.kind is EntryKind.SLOT:
        return False
    if entry.kind is EntryKind.FREEZE or entry.pack is None:
        return True
    return any(run.spec.name == entry.pack for run in world.runs())


def _events(call: Call) -> Page:
    world = account_alone(call)
    before = call.query["before"]
    found = call.services.views.events(
        EventsWanted(account=world.name), before=before, limit=PAGE + 1
    )
    shown = page_of(found, lambda event: event.number)
    values = {
        "world": world, "events": shown.items, "older": shown.after, "first": before is None,
    }  # fmt: skip
    return Page(template="account/events.html", values=values)


ROUTES = (
    Route(
        method="GET",
        path="/accounts/{account}/calendar",
        operation="account-calendar-page",
        summary="What comes to an account in the next three months, in its own time.",
        access=Access.ACCOUNT_READS,
        answers=_calendar,
        page=True,
    ),
    Route(
        method="GET",
        path="/accounts/{account}/events",
        operation="account-events-page",
        summary="What has happened to an account.",
        access=Access.ACCOUNT_READS,
        answers=_events,
        query=(BEFORE,),
        page=True,
    ),
)
