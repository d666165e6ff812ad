"""A refused revision, or none -> what is due under the applied one, and the word about it."""

from dataclasses import replace
from datetime import datetime

from reconciler.desired.lifecycle import lifecycle
from reconciler.errors import InvalidRevision, RefusedByLimit, StalePlan, UnsignedRevision
from reconciler.model.base import InstallBase
from reconciler.model.changes import Action, Gate, Plan
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.versions import semver_key
from reconciler.model.zones import zone
from reconciler.plan.build import plan as planned
from reconciler.ports import Refusal, Session
from reconciler.steps.propose import Proposal

_REASONS = {
    InvalidRevision: "invalid",
    RefusedByLimit: "limit",
    StalePlan: "history",
    UnsignedRevision: "unsigned",
}


def due_plan(base: InstallBase, refused: Proposal | None, now: datetime) -> Plan:
    """What falls due under the applied revision, from the declarations in the store.

    Its `descends` tells of the refused revision.
    """
    assert base.applied is not None, "only a warm store has due work"
    disputed: dict[str, frozenset[str]] = {}
    if refused is not None and isinstance(refused.error, RefusedByLimit):
        disputed = _contested(base, refused, now)
    plan = planned(
        base,
        base.tree,
        revision=base.applied.revision,
        now=now,
        renames={},
        contested=disputed,
        members=False,
    )
    return plan if refused is None else replace(plan, descends=refused.descends)


def _contested(base: InstallBase, refused: Proposal, now: datetime) -> dict[str, frozenset[str]]:
    """pack -> its pending release, where the refused revision withdraws, re-dates or tops it."""
    if refused.judgement is None:
        return {}
    tree = refused.judgement.tree
    found: dict[str, frozenset[str]] = {}
    for name, record in base.packs.items():
        if record.pending is None:
            continue
        theirs = tree.releases.get(name, {})
        release = theirs.get(record.pending)
        life = lifecycle(theirs, record.promoted, now, zone(base.tree.publisher.time_zone))
        ours = record.releases[record.pending].release
        topped = life.current is not None and semver_key(life.current) > semver_key(record.pending)
        if release is None or release.date_text != ours.date_text or topped:
            found[name] = frozenset({record.pending})
    return found


def refuse(
    session: Session, base: InstallBase, refused: Proposal, plan: Plan, actor: str
) -> tuple[EventDraft, ...]:
    """Records a refusal, once per revision and reason; returns events for the due work itself.

    A promotion that the refused revision would change waits, when a limit refused it, and that is
    an event of its own, once; under an invalid revision it goes on, and the event goes with it.
    """
    error = refused.error
    if error is None or not refused.revision:
        return ()
    reason = _REASONS.get(type(error), "unreadable")
    told = event(EventKind.REFUSED, refused.revision, error.message, plan.now, actor)
    _record(session, refused.revision, reason, told, error.message)
    disputed = _contested(base, refused, plan.now)
    for change in plan.waiting:
        if change.gate is Gate.CONTESTED:
            words = f"{change.name} {change.after} waits: {change.reason}"
            told = event(EventKind.CONTESTED, refused.revision, words, plan.now, actor)
            message = f"{error.message}; {words}"
            _record(session, refused.revision, f"contested {change.name}", told, message)
    return tuple(
        event(
            EventKind.CONTESTED,
            refused.revision,
            f"{change.name} {change.after} goes on, though the refused revision "
            f"{refused.revision[:12]} seems to change it",
            plan.now,
            actor,
        )
        for change in plan.changes
        if change.action is Action.PROMOTE and change.name in disputed
    )


def _record(session: Session, revision: str, reason: str, told: EventDraft, message: str) -> None:
    refusal = Refusal(revision=revision, reason=reason, message=message, at=told.at)
    session.refuse(refusal, (told,))


def event(kind: EventKind, revision: str, message: str, now: datetime, actor: str) -> EventDraft:
    """An event about a revision as a whole."""
    return EventDraft(kind=kind, at=now, actor=actor, revision=revision, message=message)
