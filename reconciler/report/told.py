"""Events and moves -> JSON for the account that they are about, and CSV for spreadsheets."""

import csv
import io
import json
from collections.abc import Mapping

from reconciler.model.events import Event, EventDraft, EventKind, HistoryLine
from reconciler.report.objects import Fields
from reconciler.report.record import event_fields, history_fields
from reconciler.report.times import iso

EVENT_COLUMNS = (
    "number",
    "at",
    "kind",
    "actor",
    "revision",
    "pack",
    "account",
    "message",
    "details",
)
# A spreadsheet takes what begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WORDS: Mapping[EventKind, str] = {
    EventKind.RELEASE: "{pack} {release} was released",
    EventKind.SCHEDULE: "the testing period of {pack} {release} begins",
    EventKind.RESCHEDULE: "{pack} {release} got another date",
    EventKind.PROMOTE: "{pack} {release} became current",
    EventKind.SUPERSEDE: "{pack} {release} was superseded by a higher release",
    EventKind.WITHDRAW: "{pack} {release} was withdrawn",
    EventKind.ROLLBACK: "{pack} went back to {release}",
    EventKind.WINDOW_MOVED: "the window of {pack} {release} moved",
}


def own_event(event: Event, account: str) -> Fields:
    """An event as an account may see it: of its packs only what is the same for everybody.

    Without number and digest, which tell how much goes on elsewhere.
    """
    draft = event.draft
    own = draft.account == account
    return {
        "at": iso(draft.at),
        "kind": draft.kind.value,
        "pack": draft.pack,
        "account": draft.account,
        "actor": draft.actor if own else None,
        "message": draft.message if own else _words(draft),
        "details": dict(draft.details) if own else _shared(draft),
    }


def _words(draft: EventDraft) -> str:
    said = draft.details
    release = said.get("release") or said.get("after") or said.get("before") or "a release"
    return _WORDS[draft.kind].format(pack=draft.pack, release=release)


def _shared(draft: EventDraft) -> Fields:
    kept = ("before", "after", "release", "window")
    return {name: draft.details[name] for name in kept if draft.details.get(name) is not None}


def own_move(line: HistoryLine) -> Fields:
    """A move of the account's own attachment."""
    return history_fields(line)


def csv_head() -> str:
    """The first line of a table of events."""
    return _line(EVENT_COLUMNS)


def csv_event(event: Event) -> str:
    """One event as a line of a table that no spreadsheet takes for a formula."""
    fields = event_fields(event)
    fields["details"] = json.dumps(fields["details"], ensure_ascii=False)
    return _line([fields[name] for name in EVENT_COLUMNS])


def _line(values: object) -> str:
    text = io.StringIO()
    assert isinstance(values, list | tuple)
    csv.writer(text).writerow([_cell(value) for value in values])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
