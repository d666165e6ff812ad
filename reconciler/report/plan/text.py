"""The outcome of a plan -> text: what would happen, to whom, when in the publisher's time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.changes import Action, Change, Plan
from reconciler.model.declarations import Kind
from reconciler.model.impact import Impact
from reconciler.model.outcome import PassOutcome
from reconciler.report.escape import terminal
from reconciler.report.impact import phrases
from reconciler.report.layout import PLAIN, Style, aligned
from reconciler.report.plan import totals
from reconciler.report.plan.banners import banners
from reconciler.report.times import moment, span_and_utc
from reconciler.report.validation.text import tally
from reconciler.report.words import counted, listed, short, versions

_NAMED = 5
_AT_ONCE = frozenset({Action.RELEASE, Action.PROMOTE, Action.UPGRADE, Action.ADOPT, Action.INSTALL})
_DATED = frozenset({Action.SCHEDULE, Action.RESCHEDULE})


def render(outcome: PassOutcome, store: str, style: Style = PLAIN) -> str:
    """`store` is what the install base is called. An outcome without a plan gives its verdict."""
    plan = outcome.plan
    if plan is None:
        return _without_plan(outcome, style) + "\n"
    zone = totals.publisher_zone(outcome)
    heading = _heading(plan, terminal(store), zone, due=totals.is_of_another(outcome))
    lines = [style.bold(heading), *_banners(outcome, style)]
    body = list(_body(plan, zone, totals.impacts_by_release(outcome), style))
    lines += ["", *body, ""] if body else [""]
    lines.append(_closing(outcome, plan, zone, style))
    return "\n".join(lines) + "\n"


def _heading(plan: Plan, store: str, zone: ZoneInfo, *, due: bool) -> str:
    what = "of what is due under" if due else "for revision"
    against = f"against {store}, {moment(plan.now, zone)}"
    return f"Plan {plan.digest[:6]} {what} {short(plan.revision)} {against}"


def _banners(outcome: PassOutcome, style: Style) -> Iterator[str]:
    for sentence in banners(outcome):
        yield style.warn(f"! {terminal(sentence)}")
    if outcome.plan is not None and not outcome.plan.descends:
        applied = outcome.base.applied if outcome.base is not None else None
        before = f" {short(applied.revision)}" if applied is not None else ""
        yield style.warn(
            f"! This revision does not descend from the applied one{before};"
            " apply refuses it without --allow-rewind."
        )
    if totals.is_invalid(outcome):
        yield style.bad(
            f"! Refused: {tally(outcome.findings)}"
            f" (reconciler validate --revision {short(outcome.revision)})."
        )
    elif outcome.error is not None and totals.is_refused(outcome):
        yield style.bad(f"! Refused: {terminal(outcome.error.message)}")
    elif outcome.error is not None:
        asked = short(outcome.revision)
        yield style.bad(f"! Revision {asked} can't be used; this is what is due without it.")


def _without_plan(outcome: PassOutcome, style: Style) -> str:
    if totals.is_invalid(outcome):
        return style.bad(
            f"Revision {short(outcome.revision)} would be refused: {tally(outcome.findings)}"
            f" (reconciler validate --revision {short(outcome.revision)})."
        )
    if outcome.error is not None and totals.is_refused(outcome):
        return style.bad(f"No plan: {terminal(outcome.error.message)}")
    if outcome.error is not None:
        return style.bad(f"No plan: revision {short(outcome.revision)} can't be used.")
    return style.good(f"Nothing to do: {short(outcome.in_force or outcome.revision)} is applied.")


Impacts = Mapping[tuple[str, str], Impact]


def _body(plan: Plan, zone: ZoneInfo, reached: Impacts, style: Style) -> Iterator[str]:
    told = [change for change in plan.changes if _is_told(change)]
    cells = [_row(change, plan.now, zone, _impact(change, reached)) for change in told]
    cells += [_waiting_row(change, plan.now, zone) for change in plan.waiting]
    changes = [*told, *plan.waiting]
    for line, change in zip(aligned(cells), changes, strict=True):
        mark = style.bad("  ! destructive") if change.destructive else ""
        yield "  " + _painted(line, change, style) + mark
        if change.destructive and change.members:
            yield style.dim(f"      {_named(change.members, len(change.members))}")
        yield from (style.warn(line) for line in _missing(_impact(change, reached)))
    yield from ("  " + line for line in _declarations(plan.changes))


def _impact(change: Change, reached: Impacts) -> Impact | None:
    """That of a release, not of what becomes of another one because of it."""
    if change.kind is not Kind.RELEASE or change.action in (Action.SUPERSEDE, Action.WITHDRAW):
        return None
    return reached.get((change.name, change.release or ""))


def _missing(impact: Impact | None) -> Iterator[str]:
    """The values that accounts will miss, and the command that tells which accounts."""
    if impact is None or not impact.missing:
        return
    lines = [
        phrases.will_miss(found, impact.version, terminal) for found in impact.missing[:_NAMED]
    ]
    if len(impact.missing) > _NAMED:
        lines.append(f"and {len(impact.missing) - _NAMED:,} more values")
    lines[-1] += f"  reconciler impact {terminal(f'{impact.pack} {impact.version}')}"
    yield from (f"      {line}" for line in lines)


def _is_told(change: Change) -> bool:
    """Whether a change has a line of its own; other declarations are counted by kind."""
    return change.action in totals.MOVES or change.destructive


def _painted(line: str, change: Change, style: Style) -> str:
    if change.destructive:
        return style.bad(line)
    return style.warn(line) if change.gate is not None else line


def _row(change: Change, now: datetime, zone: ZoneInfo, impact: Impact | None) -> list[str]:
    return [
        change.action.value,
        terminal(subject(change)),
        terminal(_versions(change)),
        _when(change, now, zone),
        _attachments(change),
        terminal(change.reason or _adopters(change, impact)),
    ]


def _adopters(change: Change, impact: Impact | None) -> str:
    """What becomes of those who run the pending release early; a dated change counts them, too."""
    found = impact.adopters if impact is not None else None
    if found is None:
        return ""
    number, one = found.hit.attachments, found.hit.attachments == 1
    if found.keep:
        these = "of them" if change.action in _DATED else "more"
        return f"{number:,} {these} {'runs' if one else 'run'} it already"
    return (
        f"{number:,} of them {'an early adopter' if one else 'early adopters'} of {found.release}"
    )


def _waiting_row(change: Change, now: datetime, zone: ZoneInfo) -> list[str]:
    until = f"until {moment(change.until, zone, now)}" if change.until else ""
    return [
        "waiting",
        terminal(subject(change)),
        terminal(f"{change.action.value} {_versions(change)}".strip()),
        until,
        _attachments(change),
        terminal(totals.waits_for(change)),
    ]


def subject(change: Change) -> str:
    """What a change is about; the kind stands before the name of a declaration."""
    if change.action in totals.MOVES:
        return change.name
    return f"{change.kind.value} {change.name}"


def _versions(change: Change) -> str:
    if change.action not in totals.MOVES or change.action is Action.CONFIGURE:
        return ""
    if change.action is Action.RESCHEDULE:
        return f"{change.release} ({change.before or 'at once'} → {change.after or 'at once'})"
    return versions(change.before, change.after)


def _when(change: Change, now: datetime, zone: ZoneInfo) -> str:
    if change.action in _DATED and change.window is not None:
        return span_and_utc(change.window, zone, now)
    if change.late and change.action is Action.PROMOTE:
        return "now, after its window"
    return "now" if change.action in _AT_ONCE else ""


def _attachments(change: Change) -> str:
    return counted(change.attachments, "attachment") if change.attachments else ""


def _named(names: Iterable[str], most: int) -> str:
    found = [terminal(name) for name in names]
    shown = found[:most]
    if len(found) > most:
        shown.append(f"{len(found) - most:,} more")
    return listed(shown)


def _declarations(changes: Iterable[Change]) -> Iterator[str]:
    names: dict[tuple[Action, Kind], list[str]] = defaultdict(list)
    for change in changes:
        if not _is_told(change):
            names[change.action, change.kind].append(change.name)
    for (action, kind), found in names.items():
        noun = counted(len(found), kind.value)
        yield f"{action.value} {noun}: {_named(found, _NAMED)}"


def _closing(outcome: PassOutcome, plan: Plan, zone: ZoneInfo, style: Style) -> str:
    if not plan.changes and not plan.waiting:
        if totals.is_of_another(outcome):
            return f"Nothing is due under {short(plan.revision)}." + _next(outcome, plan.now, zone)
        verdict = f"Nothing to do: {short(plan.revision)} changes nothing."
        return style.good(verdict) + _next(outcome, plan.now, zone)
    return f"{amounts(plan)}. Nothing was changed." + _next(outcome, plan.now, zone)


def _next(outcome: PassOutcome, now: datetime, zone: ZoneInfo) -> str:
    due = totals.next_due(outcome)
    if due is None:
        return ""
    what = totals.next_release(outcome, due)
    subject_ = f"{what}, " if what else ""
    return f" Next: {terminal(subject_)}{moment(due, zone, now)}."


def amounts(plan: Plan) -> str:
    """ "1,204 attachments change now, 288 are scheduled, 1 is uninstalled, 96 wait"."""
    sums = totals.moved(plan.changes)
    now = sum(sums[action] for action in totals.MOVING) + sums[Action.INSTALL]
    parts = [f"{counted(now, 'attachment')} change{'s' if now == 1 else ''} now"] if now else []
    for actions, word in (
        ((Action.SCHEDULE, Action.RESCHEDULE), "scheduled"),
        ((Action.ROLLBACK,), "rolled back"),
        ((Action.REVERT,), "taken back to current"),
        ((Action.UNINSTALL,), "uninstalled"),
    ):
        number = sum(sums[action] for action in actions)
        if number:
            said = f"{number:,}" if parts else counted(number, "attachment")
            parts.append(f"{said} {'is' if number == 1 else 'are'} {word}")
    waiting = sum(change.attachments for change in plan.waiting)
    if waiting:
        said = f"{waiting:,}" if parts else counted(waiting, "attachment")
        parts.append(f"{said} {'waits' if waiting == 1 else 'wait'}")
    return ", ".join(parts) or f"{counted(len(plan.changes), 'change')} to declarations"
