"""Events and history lines -> lines of text in the publisher's time, or lines of JSON."""

from zoneinfo import ZoneInfo

from reconciler.model.events import Event, HistoryLine
from reconciler.report.escape import terminal
from reconciler.report.objects import Fields
from reconciler.report.times import iso, moment, place
from reconciler.report.words import short

_LONGEST = "Wed 30 Sep 2026 00:00:00 "


def event_line(event: Event, zone: ZoneInfo) -> str:
    """Number, time, kind, message, revision and actor."""
    draft = event.draft
    # Lines are written one by one: as wide as the longest, so that columns line up.
    at = moment(draft.at, zone).ljust(len(_LONGEST) + len(place(zone)))
    behind = [short(draft.revision)] if draft.revision else []
    by = ", ".join([*behind, draft.actor])
    told = f"{event.number:>6}  {at}  {draft.kind.value:<21}  {draft.message}  ({by})"
    return terminal(told)


def event_fields(event: Event) -> Fields:
    """One event with its place in the chain."""
    draft = event.draft
    return {
        "number": event.number,
        "kind": draft.kind.value,
        "at": iso(draft.at),
        "actor": draft.actor,
        "revision": draft.revision,
        "pack": draft.pack,
        "account": draft.account,
        "message": draft.message,
        "details": dict(draft.details),
        "previous": event.previous,
        "digest": event.digest,
    }


def history_line(line: HistoryLine, zone: ZoneInfo) -> str:
    """Time, attachment, what it ran before and after, and why."""
    name = "/".join(part for part in (line.account, line.pack, line.instance) if part)
    moved = f"{line.before or '–'} → {line.after or '–'}"
    behind = [short(line.revision)] if line.revision else []
    by = ", ".join([*behind, line.actor])
    return terminal(f"{moment(line.at, zone)}  {name}  {line.action}  {moved}  ({by})")


def history_fields(line: HistoryLine) -> Fields:
    """One move of one attachment."""
    return {
        "account": line.account,
        "pack": line.pack,
        "instance": line.instance or None,
        "before": line.before,
        "after": line.after,
        "action": line.action,
        "actor": line.actor,
        "revision": line.revision,
        "at": iso(line.at),
    }
