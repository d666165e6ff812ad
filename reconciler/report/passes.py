"""A pass of the loop -> one line of log, as text or as a JSON object."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import PassOutcome
from reconciler.report.escape import terminal
from reconciler.report.objects import Fields, error
from reconciler.report.plan import verdict
from reconciler.report.times import iso


def text(told: PassOutcome | ReconcilerError, at: datetime, zone: ZoneInfo | None) -> str:
    """The instant in UTC, and the verdict; without a line ending."""
    return f"{iso(at)} {_message(told, at, zone)}"


def fields(told: PassOutcome | ReconcilerError, at: datetime, zone: ZoneInfo | None) -> Fields:
    """`level` is info for a pass that accepted its revision, error otherwise."""
    trouble = told if isinstance(told, ReconcilerError) else told.error
    common: Fields = {
        "at": iso(at),
        "level": "info" if trouble is None else "error",
        "message": _message(told, at, zone),
        "exit_code": 0 if trouble is None else trouble.exit_code,
        "error": None if trouble is None else error(trouble),
    }
    if isinstance(told, ReconcilerError):
        return common
    return {
        **common,
        "revision": told.revision,
        "in_force": told.in_force,
        "run": told.run,
        "attachments": told.moved,
        "late": told.late,
        "waiting": len(told.plan.waiting) if told.plan is not None else 0,
        "next_due": None if told.next_due is None else iso(told.next_due),
    }


def _message(told: PassOutcome | ReconcilerError, at: datetime, zone: ZoneInfo | None) -> str:
    if isinstance(told, ReconcilerError):
        return terminal(f"Failed: {told.message}")
    line = verdict.render(told, at, zone=zone).rstrip("\n")
    if told.revision is None and told.error is not None:
        return f"{line} {terminal(told.error.message)}"
    return line
