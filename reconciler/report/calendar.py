"""Coming events -> a table, JSON, or an iCalendar file whose entries keep their identity."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.errors import ReconcilerError
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style, table
from reconciler.report.objects import Fields
from reconciler.report.times import ahead, iso, iso_or_none, moment
from reconciler.report.words import counted


class Coming(Protocol):
    """Something that will happen."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def summary(self) -> str: ...
    @property
    def pack(self) -> str | None: ...
    @property
    def release(self) -> str | None: ...
    @property
    def attachments(self) -> int: ...


def text(
    entries: Iterable[Coming], zone: ZoneInfo, now: datetime, days: int, style: Style = PLAIN
) -> str:
    """One line each: when in the publisher's time, what, and how many attachments."""
    rows = [
        [
            moment(entry.at, zone, now),
            _distance(entry, now),
            terminal(_what(entry, zone, now)),
            counted(entry.attachments, "attachment") if entry.attachments else "",
        ]
        for entry in entries
    ]
    if not rows:
        return f"Nothing will happen within {counted(days, 'day')} without a new commit.\n"
    return table(("WHEN", "", "WHAT", "ATTACHMENTS"), rows, style=style)


def _what(entry: Coming, zone: ZoneInfo, now: datetime) -> str:
    if entry.until is None or entry.kind != "freeze":
        return entry.summary
    return f"{entry.summary.rstrip('.')}, until {moment(entry.until, zone, now)}"


def _distance(entry: Coming, now: datetime) -> str:
    if entry.at < now and entry.until is not None:
        return "now"
    return ahead(entry.at, now)


def fields(entry: Coming) -> Fields:
    """One entry."""
    return {
        "kind": str(entry.kind),
        "at": iso(entry.at),
        "until": iso_or_none(entry.until),
        "summary": entry.summary,
        "pack": entry.pack,
        "release": entry.release,
        "attachments": entry.attachments,
    }


def uid(store_id: str, entry: Coming) -> str:
    """The identity of an entry: the same in every calendar that is made of this store."""
    digest = hashlib.sha256(f"{store_id}\0{entry.key}".encode()).hexdigest()
    return f"{digest[:32]}@reconciler"


def icalendar(entries: Iterable[Coming], store_id: str, name: str, now: datetime) -> str:
    """An iCalendar (RFC 5545) document. Raises ReconcilerError when icalendar is not installed."""
    try:
        from icalendar import Calendar, Event
    except ImportError:
        raise ReconcilerError(
            "calendar --ics needs the icalendar library",
            "pip install 'integration-pack-reconciler[calendar]'",
        ) from None
    calendar = Calendar()
    calendar.add("prodid", "-//integration pack reconciler//calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("name", terminal(name))
    for entry in entries:
        event = Event()
        event.add("uid", uid(store_id, entry))
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("dtend", (entry.until or entry.at + timedelta(minutes=1)).astimezone(UTC))
        event.add("summary", terminal(entry.summary))
        if entry.attachments:
            event.add("description", counted(entry.attachments, "attachment"))
        calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))
