"""The outcome of a plan -> whether merging is safe, as the sign that a reviewer sees first."""

from enum import StrEnum

from reconciler.model.findings import Severity
from reconciler.model.outcome import PassOutcome
from reconciler.report.plan import totals
from reconciler.report.plan.banners import has_store

# Warnings that tell of harm to accounts; the others ask for better manifests.
_RISKS = frozenset({"assessment-failed", "assessment-missing", "extension-missing"})


class Merging(StrEnum):
    """The sign is green only if nothing has to be looked at."""

    SAFE = "✅"
    CAREFUL = "⚠️"
    REFUSED = "⛔"


def merging(outcome: PassOutcome) -> Merging:
    """REFUSED as apply would; CAREFUL also where the plan can't be believed to the last number."""
    if outcome.error is not None:
        return Merging.REFUSED
    return Merging.CAREFUL if _asks_for_care(outcome) else Merging.SAFE


def _asks_for_care(outcome: PassOutcome) -> bool:
    plan, told = outcome.plan, outcome.plan_base
    if plan is not None and (totals.destructive(plan) or not plan.descends):
        return True
    if not has_store(outcome) or (told is not None and (told.has_moved or told.trouble)):
        return True
    return any(
        found.rule in _RISKS and found.severity is Severity.WARNING and found.new is not False
        for found in outcome.findings
    )
