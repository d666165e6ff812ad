"""The audit log, the newest first, filtered by what is asked for."""

import json
from datetime import UTC, date, datetime
from typing import Any

from reconciler.model.events import Event, EventKind
from reconciler.model.windows import day_start, parse_date
from reconciler.model.zones import zone
from reconciler.ports.views import EventsWanted
from reconciler.web.pages.lists import BEFORE, PAGE, page_of
from reconciler.web.problems import Problem
from reconciler.web.route import Access, Call, Page, Parameter, Route

_TEXT = {"type": "string", "maxLength": 100, "default": ""}
_QUERY = (
    Parameter(
        name="kind",
        description="Only events of this kind.",
        schema={"enum": ["", *(kind.value for kind in EventKind)], "default": ""},
    ),
    Parameter(name="pack", description="Only events of this pack.", schema=_TEXT),
    Parameter(name="account", description="Only events of this account.", schema=_TEXT),
    Parameter(
        name="since",
        description="Only events from this day on (YYYY-MM-DD), on the publisher's clock.",
        schema=_TEXT,
    ),
    BEFORE,
)


def _events(call: Call) -> Page:
    query = call.query
    zone_key = call.services.store.publisher_zone() or "UTC"
    since = _since(query["since"], zone_key)
    wanted = EventsWanted(
        kind=EventKind(query["kind"]) if query["kind"] else None,
        pack=query["pack"].strip() or None,
        account=query["account"].strip() or None,
        since=since,
    )
    found = call.services.views.events(wanted, before=query["before"], limit=PAGE + 1)
    shown = page_of(found, lambda event: event.number)
    values: dict[str, Any] = {
        "events": [(event, _details(event)) for event in shown.items],
        "kinds": [("", "all kinds"), *((kind.value, kind.value) for kind in EventKind)],
        "query": query,
        "zone": zone_key,
        "before": shown.after,
        "export": {
            "kind": query["kind"],
            "pack": query["pack"].strip(),
            "account": query["account"].strip(),
            "since": since.astimezone(UTC).isoformat().replace("+00:00", "Z") if since else "",
        },
    }
    return Page(template="events.html", values=values)


def _since(text: str, zone_key: str) -> datetime | None:
    """The start of a day. Raises Problem for a text that is none."""
    if not text.strip():
        return None
    day: date | None = parse_date(text.strip())
    if day is None:
        raise Problem(400, "query", "since has to be a day, such as 2026-12-01")
    try:
        return day_start(day, zone(zone_key))
    except OverflowError as error:
        raise Problem(400, "query", "since has to be a day of our times") from error


def _details(event: Event) -> str:
    """All that the event holds beside its sentence, for people who look closely."""
    return json.dumps(dict(event.draft.details), indent=2, ensure_ascii=False)


ROUTES = (
    Route(
        method="GET",
        path="/events",
        operation="events-page",
        summary="The audit log: what was done, why, by whom, under which revision.",
        access=Access.PUBLISHER,
        answers=_events,
        query=_QUERY,
        page=True,
    ),
)
