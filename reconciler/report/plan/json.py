"""The outcome of a plan or a pass -> the JSON objects of `plan` and `apply`, on failure too."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.errors import ReconcilerError
from reconciler.model.changes import Change
from reconciler.model.outcome import PassOutcome, PlanBase
from reconciler.report import objects
from reconciler.report.objects import Fields
from reconciler.report.plan import totals
from reconciler.report.times import iso, iso_or_none, window_fields


def plan_fields(outcome: PassOutcome, now: datetime) -> Fields:
    """What `plan` prints; `now` is shown where there was nothing to plan."""
    from reconciler.report.impact import json as impact_json  # a pass tells none, and starts sooner

    zone = totals.publisher_zone(outcome)
    impacts = [impact_json.fields(found, zone) for found in outcome.impacts]
    return {**_fields(outcome, now), "impacts": impacts, **_trouble(outcome)}


def _fields(outcome: PassOutcome, now: datetime) -> Fields:
    plan, zone = outcome.plan, totals.publisher_zone(outcome)
    return {
        "revision": outcome.revision,
        "descends": plan.descends if plan is not None else True,
        "now": iso(plan.now if plan is not None else now),
        "digest": plan.digest if plan is not None else None,
        "store": plan.store_id if plan is not None else None,
        "changes": [_change(change, zone) for change in plan.changes] if plan is not None else [],
        "waiting": [_waiting(change, zone) for change in plan.waiting] if plan is not None else [],
        "findings": [objects.finding(found) for found in outcome.findings],
        "summary": totals.summary(plan.changes) if plan is not None else {},
        "next_due": iso_or_none(totals.next_due(outcome)),
        "in_force": outcome.in_force,
        "base": None if outcome.plan_base is None else _base(outcome.plan_base),
    }


def _trouble(outcome: PassOutcome) -> Fields:
    return {} if outcome.error is None else {"error": objects.error(outcome.error)}


def apply_fields(outcome: PassOutcome, now: datetime) -> Fields:
    """What `apply` prints: the plan's fields, and what was done."""
    plan = outcome.plan
    done = len(plan.changes) if plan is not None and outcome.run is not None else 0
    return {
        **_fields(outcome, now),
        "applied": {"changes": done, "attachments": outcome.moved},
        "late": outcome.late,
        "corrected": outcome.corrected,
        "run": outcome.run,
        "failing_deliveries": outcome.failing_deliveries,
        **_trouble(outcome),
    }


def failed_plan(trouble: ReconcilerError, now: datetime | None) -> Fields:
    """The plan's fields where there is no plan, with the error."""
    return {**_nothing(now), "impacts": [], "error": objects.error(trouble)}


def _nothing(now: datetime | None) -> Fields:
    return {
        "revision": None,
        "descends": None,
        "now": iso_or_none(now),
        "digest": None,
        "store": None,
        "changes": [],
        "waiting": [],
        "findings": [],
        "summary": {},
        "next_due": None,
        "in_force": None,
        "base": None,
    }


def failed_apply(trouble: ReconcilerError, now: datetime | None) -> Fields:
    """The fields of `apply` where nothing was done, with the error."""
    nothing = {
        "applied": {"changes": 0, "attachments": 0},
        "late": 0,
        "corrected": None,
        "run": None,
        "failing_deliveries": 0,
    }
    return {**_nothing(now), **nothing, "error": objects.error(trouble)}


def _base(told: PlanBase) -> Fields:
    return {
        "revision": told.revision,
        "in_force": told.in_force,
        "has_store": told.has_store,
        "supposed": told.is_supposed,
        "trouble": told.trouble,
    }


def _change(change: Change, zone: ZoneInfo) -> Fields:
    return {
        "action": change.action.value,
        "kind": change.kind.value,
        "name": change.name,
        "release": change.release,
        "before": change.before,
        "after": change.after,
        "attachments": change.attachments,
        "destructive": change.destructive,
        "reason": change.reason,
        "path": change.path,
        "late": change.late,
        "window": None if change.window is None else window_fields(change.window, zone),
        "members": list(change.members),
    }


def _waiting(change: Change, zone: ZoneInfo) -> Fields:
    gate = None if change.gate is None else change.gate.value
    return {**_change(change, zone), "gate": gate, "until": iso_or_none(change.until)}
