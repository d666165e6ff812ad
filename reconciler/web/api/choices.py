"""Parameters that several lists are chosen by."""

from datetime import UTC, datetime

from reconciler.model.events import EventKind
from reconciler.web.problems import Problem
from reconciler.web.route import Call, Parameter

_NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}

PACK = Parameter(name="pack", description="Only those of this pack.", schema=_NAME)
ACCOUNT = Parameter(name="account", description="Only those of this account.", schema=_NAME)
KIND = Parameter(
    name="kind",
    description="Only events of this kind.",
    schema={"enum": sorted(kind.value for kind in EventKind)},
)
SINCE = Parameter(
    name="since",
    description="Only from this instant on: RFC 3339, with an offset.",
    schema={"type": "string", "format": "date-time", "maxLength": 40},
)
STATE = Parameter(
    name="state",
    description="Only those in this state. A page may then hold fewer than it might, or none.",
    schema={"enum": ["not-entitled", "suspended", "held", "waiting", "not-installed", "running"]},
)
DAYS = Parameter(
    name="days",
    description="How many days ahead.",
    schema={"type": "integer", "minimum": 1, "maximum": 366, "default": 30},
)


def kind_of(call: Call) -> EventKind | None:
    """The kind of events that is asked for."""
    kind = call.query["kind"]
    return None if kind is None else EventKind(kind)


def since_of(call: Call) -> datetime | None:
    """The instant that is asked for, aware. Raises Problem."""
    text = call.query["since"]
    return None if text is None else instant(text, "since")


def instant(text: str, what: str) -> datetime:
    """UTC. Raises Problem for what is no instant, has no offset, or is outside the calendar."""
    try:
        said = datetime.fromisoformat(text)
        found = None if said.tzinfo is None else said.astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise Problem(
            400, "schema", f"{what}: this is no instant", "write it as 2026-12-01T05:00:00Z"
        )
    return found
