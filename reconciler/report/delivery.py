"""What a runtime runs and should run -> fields of JSON, and half a sentence."""

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.report.objects import Fields
from reconciler.report.times import iso, moment


class Drift(Protocol):
    """A difference between what is installed and what should be."""

    @property
    def reason(self) -> str: ...
    @property
    def since(self) -> datetime: ...
    @property
    def overdue_at(self) -> datetime: ...
    @property
    def overdue(self) -> bool: ...
    @property
    def message(self) -> str: ...


class Delivered(Protocol):
    """What an attachment runs by the word of its runtime; `agent` None: by the store's."""

    @property
    def agent(self) -> str | None: ...
    @property
    def installed(self) -> str | None: ...
    @property
    def drift(self) -> Drift | None: ...


def delivered_fields(found: Delivered | None, release: str | None) -> Fields:
    """Without an agent what the store says, `release`, is what is installed."""
    if found is None or found.agent is None:
        return {"agent": None, "installed": release, "drift": None}
    return {
        "agent": found.agent,
        "installed": found.installed,
        "drift": drift_fields(found.drift),
    }


def drift_fields(found: Drift | None) -> Fields | None:
    """None where there is no difference."""
    if found is None:
        return None
    return {
        "reason": str(found.reason),
        "since": iso(found.since),
        "overdue_at": iso(found.overdue_at),
        "overdue": found.overdue,
        "message": found.message,
    }


def drift_words(found: Drift, zone: ZoneInfo, now: datetime) -> str:
    """ "overdue since Mon 23 Nov 10:00: it has not reported yet"; not escaped."""
    verdict = "overdue" if found.overdue else "drift"
    return f"{verdict} since {moment(found.since, zone, now)}: {found.message}"
