"""A plan -> the events that tell of it, written in the transaction that accepts it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from reconciler.desired.phrases import counted
from reconciler.model.base import InstallBase
from reconciler.model.changes import Change, Plan
from reconciler.model.declarations import Kind
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.tree import Tree
from reconciler.model.windows import window_details
from reconciler.model.zones import zone

_TOLD = (Kind.RELEASE, Kind.ATTACHMENT)
_KINDS = frozenset(EventKind)
_UNKNOWN = (
    "A store without a past: what accounts had installed, adopted or set for themselves, and which "
    "releases had been withdrawn, is unknown unless it was restored from an export."
)


def plan_events(base: InstallBase, tree: Tree, plan: Plan, actor: str) -> tuple[EventDraft, ...]:
    """One event for the revision if it is new, one for each change to releases or attachments."""
    return tuple(_drafts(base, tree, plan, actor))


def _drafts(base: InstallBase, tree: Tree, plan: Plan, actor: str) -> Iterator[EventDraft]:
    if base.applied is None:
        yield _draft(plan, actor, EventKind.COLD_START, _UNKNOWN)
    if base.applied is None or base.applied.revision != plan.revision:
        counts = Counter(f"{change.action} {change.kind}" for change in plan.changes)
        yield _draft(
            plan,
            actor,
            EventKind.ACCEPTED,
            f"revision {plan.revision[:12]} is in force",
            details={"digest": plan.digest, "changes": dict(sorted(counts.items()))},
        )
    for change in plan.changes:
        if change.kind in _TOLD and str(change.action) in _KINDS:
            yield _change_event(plan, tree, change, actor)


def _change_event(plan: Plan, tree: Tree, change: Change, actor: str) -> EventDraft:
    details: dict[str, Any] = {
        "before": change.before,
        "after": change.after,
        "release": change.release,
        "attachments": change.attachments,
        "reason": change.reason,
        "late": change.late,
        "members": list(change.members[:10]),
    }
    if change.window is not None:
        details["window"] = window_details(change.window, zone(tree.publisher.time_zone))
    moved = str(change.reason or "").startswith("the window moved")
    kind = EventKind.WINDOW_MOVED if moved else EventKind(str(change.action))
    message = f"{change.name} {change.before or '–'} → {change.after or '–'}"
    if moved and change.window is not None:
        opens = change.window.opens_at.astimezone(zone(tree.publisher.time_zone))
        message = f"window of {change.name} {change.release} now opens {opens.isoformat()}"
    if change.attachments:
        message += f", {counted(change.attachments, 'attachment')}"
    if change.reason:
        message += f" ({change.reason})"
    return _draft(plan, actor, kind, message, pack=change.name, details=details)


def _draft(
    plan: Plan,
    actor: str,
    kind: EventKind,
    message: str,
    *,
    pack: str | None = None,
    details: dict[str, Any] | None = None,
) -> EventDraft:
    return EventDraft(
        kind=kind,
        at=plan.now,
        actor=actor,
        revision=plan.revision,
        pack=pack,
        message=message,
        details=details or {},
    )
