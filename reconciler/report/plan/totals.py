"""The changes of a plan -> the sums, names and zone that its renderers share."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from reconciler.errors import InvalidRevision, RefusedByLimit, StalePlan
from reconciler.model.base import PackRecord
from reconciler.model.changes import Action, Change, Gate, Plan
from reconciler.model.declarations import Kind, Publisher
from reconciler.model.outcome import PassOutcome
from reconciler.model.zones import zone

if TYPE_CHECKING:
    from reconciler.model.impact import Impact

MOVING = frozenset({Action.RELEASE, Action.PROMOTE, Action.UPGRADE, Action.ADOPT})
# What a person reads one by one; the other declarations are only counted.
RELEASES = frozenset(
    {
        Action.RELEASE,
        Action.SCHEDULE,
        Action.RESCHEDULE,
        Action.PROMOTE,
        Action.SUPERSEDE,
        Action.WITHDRAW,
        Action.ROLLBACK,
    }
)
ATTACHMENTS = frozenset(
    {
        Action.INSTALL,
        Action.UPGRADE,
        Action.ADOPT,
        Action.REVERT,
        Action.CONFIGURE,
        Action.UNINSTALL,
    }
)

# Changes to releases and attachments; all others are to declarations.
MOVES = RELEASES | ATTACHMENTS


def impacts_by_release(outcome: PassOutcome) -> "Mapping[tuple[str, str], Impact]":
    """(pack, version) -> the impact."""
    return {(found.pack, found.version): found for found in outcome.impacts}


def moved(changes: Iterable[Change]) -> Mapping[Action, int]:
    """Action -> attachments that it hits."""
    sums: Counter[Action] = Counter()
    for change in changes:
        sums[change.action] += change.attachments
    return sums


def summary(changes: Iterable[Change]) -> dict[str, int]:
    """Action -> how many changes, in the order of Action; actions without a change left out."""
    counts = Counter(change.action for change in changes)
    return {action.value: counts[action] for action in Action if counts[action]}


def publisher_zone(outcome: PassOutcome, otherwise: ZoneInfo | None = None) -> ZoneInfo:
    """The publisher's zone as the plan sets it, else as the install base has it.

    A pass that had nothing to look at knows neither: then `otherwise`, or UTC.
    """
    written = () if outcome.plan is None else outcome.plan.effects.put
    for declaration in written:
        if declaration.kind is Kind.PUBLISHER:
            return _zone(cast(Publisher, declaration.spec).time_zone)
    try:
        kept = None if outcome.base is None else outcome.base.tree.publisher
    except LookupError:
        kept = None
    if kept is not None:
        return _zone(kept.time_zone)
    return otherwise or _zone("UTC")


def _zone(name: str) -> ZoneInfo:
    try:
        return zone(name)
    except LookupError:
        return zone("UTC")


def next_release(outcome: PassOutcome, at: datetime) -> str | None:
    """ "stock-levels 2.1.0": the pending release whose window opens at `at`, None for none."""
    records: dict[str, PackRecord] = {}
    if outcome.base is not None:
        records.update(outcome.base.packs)
    if outcome.plan is not None:
        records.update({record.name: record for record in outcome.plan.effects.packs})
    for name in sorted(records):
        pending = records[name].pending
        release = records[name].releases.get(pending) if pending else None
        if release is not None and release.opens_at == at:
            return f"{name} {pending}"
    return None


def waits_for(change: Change) -> str:
    """Why a change waits, in words that stand beside it; empty where no reason is given."""
    reason = change.reason or ""
    return f"held by {reason}" if change.gate is Gate.FREEZE else reason


def is_invalid(outcome: PassOutcome) -> bool:
    """Whether the revision was not accepted because its manifests have errors."""
    return isinstance(outcome.error, InvalidRevision)


def is_refused(outcome: PassOutcome) -> bool:
    """Whether the revision could be read and was turned down: then the text says why."""
    return isinstance(outcome.error, InvalidRevision | RefusedByLimit | StalePlan)


def is_of_another(outcome: PassOutcome) -> bool:
    """Whether the plan is what is due under another revision, as the one asked for has errors."""
    plan = outcome.plan
    return outcome.error is not None and plan is not None and plan.revision != outcome.revision


def next_due(outcome: PassOutcome) -> datetime | None:
    """When something may happen without a new commit."""
    if outcome.next_due is not None or outcome.plan is None:
        return outcome.next_due
    return outcome.plan.next_due


def destructive(plan: Plan) -> tuple[Change, ...]:
    """The changes that take something away."""
    return tuple(change for change in plan.changes if change.destructive)
