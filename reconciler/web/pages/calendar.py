"""What will happen without a new commit, as a month."""

from calendar import Calendar
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from reconciler.desired.calendar import Entry, entries
from reconciler.model.windows import day_start
from reconciler.model.zones import zone
from reconciler.report.calendar import icalendar
from reconciler.web.route import Access, Answered, Call, Page, Parameter, Route

# Of more packs a month would tell nobody anything.
_MOST_PACKS = 300
_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_MONTH = Parameter(
    name="month",
    description="The month, YYYY-MM; this one without it.",
    schema={"type": "string", "pattern": "^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", "default": ""},
)

_FORMAT = Parameter(
    name="format",
    description="ics: a file for calendars, of all that comes until the end of the month.",
    schema={"enum": ["page", "ics"], "default": "page"},
)


def _calendar(call: Call) -> Answered:
    key = call.services.store.publisher_zone()
    where = zone(key or "UTC")
    today = call.now.astimezone(where).date()
    first = _first(call.query["month"], today)
    found, left_out = _entries(call, first, where)
    if call.query["format"] == "ics":
        return _file(call, found)
    days = _days(found, where, max(call.now, day_start(first, where)))
    values: dict[str, Any] = {
        "title": f"{_MONTHS[first.month - 1]} {first.year}",
        "first": first,
        "month": _month(first)[0],
        "today": today,
        "before": _month(first - timedelta(days=1)),
        "next": _month(first + timedelta(days=32)),
        "weeks": Calendar().monthdatescalendar(first.year, first.month),
        "days": days,
        "entries": [one for one in found if _touches(one, first, where)],
        "left_out": left_out,
        "zone": where,
    }
    return Page(template="calendar.html", values=values)


def _file(call: Call, found: tuple[Entry, ...]) -> Response:
    """What is still to come, for programs that keep calendars."""
    name = "Integration packs"
    text = icalendar(found, call.services.store.store_id, name, call.now)
    headers = {"Content-Disposition": 'attachment; filename="releases.ics"'}
    return Response(text, headers=headers, media_type="text/calendar")


def _first(text: str, today: date) -> date:
    return date.fromisoformat(f"{text}-01") if text else today.replace(day=1)


def _month(day: date) -> tuple[str, str]:
    """As a parameter, and as people say it."""
    return f"{day:%Y-%m}", _MONTHS[day.month - 1]


def _end(first: date, where: ZoneInfo) -> datetime:
    """The start of the next month."""
    return day_start((first + timedelta(days=32)).replace(day=1), where)


def _entries(call: Call, first: date, where: ZoneInfo) -> tuple[tuple[Entry, ...], bool]:
    """What happens from now to the end of the month; and whether there were too many packs."""
    end = _end(first, where)
    if end <= call.now:
        return (), False
    names = call.services.views.coming(end, limit=_MOST_PACKS + 1)
    base = call.services.counted(names[:_MOST_PACKS])
    days = -(-(end - call.now) // timedelta(days=1))
    found = entries(base, call.now, days, day_start(first, where))
    return tuple(one for one in found if one.at < end), len(names) > _MOST_PACKS


def _touches(one: Entry, first: date, where: ZoneInfo) -> bool:
    return (one.until or one.at) >= day_start(first, where)


def _days(found: tuple[Entry, ...], where: ZoneInfo, since: datetime) -> dict[date, list[Entry]]:
    """Each entry on every day that it touches from `since` on, as far as a month reaches."""
    days: dict[date, list[Entry]] = {}
    for one in found:
        start = max(one.at, since) if one.until else one.at
        last = max((one.until or one.at) - timedelta(microseconds=1), start)
        day, end = start.astimezone(where).date(), last.astimezone(where).date()
        for _ in range(31):
            days.setdefault(day, []).append(one)
            if day >= end:
                break
            day += timedelta(days=1)
    return days


ROUTES = (
    Route(
        method="GET",
        path="/calendar",
        operation="calendar-page",
        summary="What will happen without a new commit, month by month.",
        access=Access.PUBLISHER,
        answers=_calendar,
        query=(_MONTH, _FORMAT),
        page=True,
    ),
)
