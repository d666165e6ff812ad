"""A notice -> the JSON body of a webhook: {type, timestamp, data}."""

from datetime import datetime

from reconciler.model.decode import canonical
from reconciler.model.notices import Notice
from reconciler.report.notices.letter import letter
from reconciler.report.objects import Fields
from reconciler.report.times import iso

# What an account may know of an event; the publisher gets all of its details.
_FOR_ACCOUNTS = (
    "before", "after", "release", "late", "window", "missing", "token", "expires_at", "instance",
    "since", "failure",
)  # fmt: skip


def body(notice: Notice, now: datetime) -> str:
    """The text that is signed and sent."""
    return canonical(
        {
            "type": notice.topic.value,
            "timestamp": iso(notice.draft.at),
            "data": _data(notice, now),
        }
    )


def _data(notice: Notice, now: datetime) -> Fields:
    draft = notice.draft
    told = letter(notice, now)
    details = dict(draft.details)
    if notice.account is not None:
        details = {name: details[name] for name in _FOR_ACCOUNTS if details.get(name) is not None}
    found: Fields = {
        "event": notice.event,
        "kind": draft.kind.value,
        "account": notice.account if notice.account is not None else draft.account,
        "pack": draft.pack,
        "title": told.title,
        "lines": list(told.lines),
        "details": details,
    }
    if notice.account is None:
        return {**found, "revision": draft.revision, "actor": draft.actor}
    return {
        **found,
        "moves": [
            {
                "instance": move.instance or None,
                "before": move.before,
                "after": move.after,
                "action": move.action,
            }
            for move in notice.moves
        ],
    }
