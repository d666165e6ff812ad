"""Events of the whole install base, by pages or all at once, and what is still to come."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from starlette.responses import Response, StreamingResponse

from reconciler.desired.calendar import entries
from reconciler.desired.left import left
from reconciler.desired.standing import Standings
from reconciler.model.events import Event
from reconciler.ports.views import EventsWanted, Views
from reconciler.report import calendar, objects, record, told
from reconciler.report.times import iso
from reconciler.web.api.choices import ACCOUNT, DAYS, KIND, PACK, SINCE, kind_of, since_of
from reconciler.web.api.worlds import nothing_applied
from reconciler.web.paging import PAGED, answer, page
from reconciler.web.route import Access, Answer, Answered, Call, Parameter, Route

_MOST_COMING = 1_000
_EXPORTED_AT_ONCE = 1_000
_MEDIA_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}
_FORMAT = Parameter(
    name="format",
    description="json gives a page; jsonl and csv give all, the oldest first, as a file.",
    schema={"enum": ["json", "jsonl", "csv"]},
)


def _events(call: Call) -> Answered:
    wanted = EventsWanted(
        pack=call.query["pack"],
        account=call.query["account"],
        kind=kind_of(call),
        since=since_of(call),
    )
    form = call.query["format"] or _accepted(call)
    if form != "json":
        return _exported(call.services.views, wanted, form)

    def fetch(place: int | None, limit: int) -> Sequence[Event]:
        return call.services.views.events(wanted, before=place, limit=limit)

    return page(
        call,
        fetch,
        lambda event: event.number,
        lambda found: [record.event_fields(event) for event in found],
    )


def _accepted(call: Call) -> str:
    """What Accept names; JSON for everything else."""
    accept = call.headers.get("accept", "")
    return next((form for form, media in _MEDIA_TYPES.items() if media in accept), "json")


def _exported(views: Views, wanted: EventsWanted, form: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="events.{form}"'}
    lines = _as_csv(views, wanted) if form == "csv" else _as_lines(views, wanted)
    return StreamingResponse(lines, headers=headers, media_type=_MEDIA_TYPES[form])


def _as_lines(views: Views, wanted: EventsWanted) -> Iterator[str]:
    for some in _all(views, wanted):
        yield "".join(objects.line(record.event_fields(event)) for event in some)


def _as_csv(views: Views, wanted: EventsWanted) -> Iterator[str]:
    yield told.csv_head()
    for some in _all(views, wanted):
        yield "".join(told.csv_event(event) for event in some)


def _all(views: Views, wanted: EventsWanted) -> Iterator[tuple[Event, ...]]:
    """A bounded number at a time; each read is short, so that nothing is kept from writing."""
    after = 0
    while some := views.events_after(wanted, after=after, limit=_EXPORTED_AT_ONCE):
        yield some
        after = some[-1].number


def _calendar(call: Call) -> Answer:
    days, views = call.query["days"], call.services.views
    names = views.coming(call.now + timedelta(days=days), limit=_MOST_COMING)
    coming = entries(call.services.counted(names), call.now, days)
    return answer(
        {
            "items": [calendar.fields(entry) for entry in coming],
            "as_of": iso(call.services.counts.get().as_of),
            "complete": len(names) < _MOST_COMING,
        }
    )


def _rollouts(call: Call) -> Answer:
    counts = call.services.moving.get()
    base = call.services.views.of_packs(tuple(counts.cohorts))
    if base.applied is None:
        raise nothing_applied()
    standings = Standings(base, call.now)
    cohorts = (cohort for of_pack in counts.cohorts.values() for cohort in of_pack)
    found = left(standings, cohorts, gated=base.applied.gated)
    return answer(
        {
            "revision": base.applied.revision,
            "settled": base.applied.settled,
            "rollouts": [
                {
                    "pack": one.pack,
                    "release": one.release,
                    "attachments": one.attachments,
                    "left": one.left,
                    "waiting": one.waiting,
                }
                for one in found
            ],
            "as_of": iso(counts.as_of),
        }
    )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/events",
        operation="events",
        summary="The audit log, the newest first; or all of it as JSON Lines or CSV.",
        access=Access.PUBLISHER,
        answers=_events,
        gives="api/events",
        also=tuple(_MEDIA_TYPES.values()),
        query=(PACK, ACCOUNT, KIND, SINCE, _FORMAT, *PAGED),
    ),
    Route(
        method="GET",
        path="/api/v1/calendar",
        operation="calendar",
        summary="What will happen without a new commit.",
        access=Access.PUBLISHER,
        answers=_calendar,
        gives="api/calendar",
        query=(DAYS,),
    ),
    Route(
        method="GET",
        path="/api/v1/rollouts",
        operation="rollouts",
        summary="What a fan-out under way has still to move.",
        access=Access.PUBLISHER,
        answers=_rollouts,
        gives="api/rollouts",
    ),
)
