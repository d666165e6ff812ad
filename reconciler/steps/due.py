"""A refused revision, or none -> what is due under the applied one, and the word about it."""

from datetime import datetime

from reconciler.desired.lifecycle import lifecycle
from reconciler.errors import InvalidRevision, RefusedByLimit, StalePlan
from reconciler.model.base import InstallBase
from reconciler.model.changes import Action, Plan
from reconciler.model.events import EventDraft, EventKind
from reconciler.model.versions import semver_key
from reconciler.model.zones import zone
from reconciler.plan.build import plan as planned
from reconciler.ports import Refusal, Session
from reconciler.steps.propose import Proposal


def due_plan(base: InstallBase, refused: Proposal | None, now: datetime) -> Plan:
    """What falls due under the applied revision, from the declarations in the store."""
    assert base.applied is not None, "only a warm store has due work"
    disputed: dict[str, frozenset[str]] = {}
    if refused is not None and isinstance(refused.error, RefusedByLimit):
        disputed = _contested(base, refused, now)
    return planned(
        base,
        base.tree,
        revision=base.applied.revision,
        now=now,
        renames={},
        contested=disputed,
    )


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
        promoted = {v for v, r in record.releases.items() if r.promoted_at is not None}
        life = lifecycle(theirs, promoted, now, zone(base.tree.publisher.time_zone))
        ours = record.releases[record.pending].release
        topped = life.current is not None and semver_key(life.current) > semver_key(record.pending)
        if release is None or release.date_text != ours.date_text or topped:
            found[name] = frozenset({record.pending})
    return found


def refuse(
    session: Session,
    base: InstallBase,
    proposal: Proposal,
    plan: Plan | None,
    now: datetime,
    actor: str,
) -> None:
    """Records the refusal, once, with what it means for the work that is due beside it."""
    error = proposal.error
    if error is None or not proposal.revision:
        return
    reasons = {InvalidRevision: "invalid", RefusedByLimit: "limit", StalePlan: "history"}
    reason = reasons.get(type(error), "unreadable")
    events = [event(EventKind.REFUSED, proposal.revision, error.message, now, actor)]
    disputed = _contested(base, proposal, now)
    for change in (*plan.changes, *plan.waiting) if plan is not None else ():
        if change.action is Action.PROMOTE and change.name in disputed:
            fate = "waits" if change.gate is not None else "goes on"
            words = (
                f"{change.name} {change.after} {fate}, though the refused revision "
                f"{proposal.revision[:12]} seems to change it"
            )
            events.append(event(EventKind.CONTESTED, proposal.revision, words, now, actor))
    refusal = Refusal(revision=proposal.revision, reason=reason, message=error.message, at=now)
    session.refuse(refusal, tuple(events))


def event(kind: EventKind, revision: str, message: str, now: datetime, actor: str) -> EventDraft:
    """An event about a revision as a whole."""
    return EventDraft(kind=kind, at=now, actor=actor, revision=revision, message=message)
