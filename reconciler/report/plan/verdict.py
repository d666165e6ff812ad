"""The outcome of a pass -> one line: what was done, to how many, and what comes next."""

from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.changes import Action, Plan
from reconciler.model.outcome import PassOutcome
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style
from reconciler.report.plan import totals
from reconciler.report.times import ahead, moment
from reconciler.report.validation.text import tally
from reconciler.report.words import counted, duration, listed, short

_DONE = (
    (Action.UNINSTALL, "uninstalled"),
    (Action.ROLLBACK, "rolled back"),
    (Action.REVERT, "taken back to current"),
    (Action.CONFIGURE, "configured"),
    (Action.INSTALL, "installed"),
)

_PAST = {
    action.value: f"{action.value}d" if action.value.endswith("e") else f"{action.value}ed"
    for action in Action
} | {Action.WITHDRAW.value: "withdrawn", Action.ROLLBACK.value: "rolled back"}


def render(
    outcome: PassOutcome,
    now: datetime,
    style: Style = PLAIN,
    seconds: float | None = None,
    zone: ZoneInfo | None = None,
) -> str:
    """One line, ending in a newline; `seconds` is how long the pass took.

    `zone` is the publisher's as the store has it, for an outcome that does not know it.
    """
    if outcome.error is not None:
        return style.bad(_refused(outcome)) + "\n"
    if outcome.run is None:
        line = f"Nothing to do: {short(outcome.in_force)} is applied{_waiting(outcome)}."
    else:
        took = "" if seconds is None else f" in {duration(seconds)}"
        late = f", {outcome.late:,} of them after their window" if outcome.late else ""
        line = (
            f"Applied {short(outcome.in_force)}: {_done(outcome)}{late}{took}{_waiting(outcome)}."
        )
    corrected = f" Corrected: {terminal(outcome.corrected)}." if outcome.corrected else ""
    failing = style.bad(_failing(outcome))
    return style.good(line) + style.bad(corrected) + failing + _next(outcome, now, zone) + "\n"


def _failing(outcome: PassOutcome) -> str:
    number = outcome.failing_deliveries
    if not number:
        return ""
    verb = "is" if number == 1 else "are"
    what = f"{counted(number, 'attachment')} {verb} not delivered"
    return f" {what}: reconciler attachments --drift."


def _refused(outcome: PassOutcome) -> str:
    head = f"Refused {short(outcome.revision)}" if outcome.revision else "No revision was read"
    if totals.is_invalid(outcome):
        command = f"reconciler validate --revision {short(outcome.revision)}"
        reason = f": {tally(outcome.findings)} ({command})"
    elif outcome.error is not None and totals.is_refused(outcome):
        reason = f": {terminal(outcome.error.message)}"
    else:
        reason = ""
    force = (
        f" {short(outcome.in_force)} stays in force" if outcome.in_force else " Nothing was changed"
    )
    due = ""
    if outcome.run is not None and outcome.moved:
        verb = "was" if outcome.moved == 1 else "were"
        due = f"; {counted(outcome.moved, 'attachment')} that {verb} due under it {verb} upgraded"
    return f"{head}{reason}.{force}{due}{_waiting(outcome)}."


def _done(outcome: PassOutcome) -> str:
    plan = outcome.plan
    if plan is None:
        return f"{counted(outcome.moved, 'attachment')} upgraded"
    sums = totals.moved(plan.changes)
    others = [(sums[action], verb) for action, verb in _DONE if sums[action]]
    moved = outcome.moved - sum(n for n, verb in others if verb != "configured")
    # More than was planned: what a killed pass had left, or what accounts asked for meanwhile.
    verb = "upgraded" if any(sums[action] for action in totals.MOVING) else "moved"
    parts = [(moved, verb), *others] if moved > 0 else others
    if not parts:
        return _declarations(plan)
    (first, verb), *rest = parts
    words = [f"{counted(first, 'attachment')} {verb}", *(f"{n:,} {word}" for n, word in rest)]
    return listed(words)


def _declarations(plan: Plan) -> str:
    counts = totals.summary(plan.changes)
    if not counts:
        return "no change"
    return ", ".join(f"{number:,} {_PAST[action]}" for action, number in counts.items())


def _waiting(outcome: PassOutcome) -> str:
    if outcome.plan is None or not outcome.plan.waiting:
        return ""
    number = sum(change.attachments for change in outcome.plan.waiting)
    return f", {number:,} waiting" if number else f", {len(outcome.plan.waiting):,} waiting"


def _next(outcome: PassOutcome, now: datetime, otherwise: ZoneInfo | None) -> str:
    due = totals.next_due(outcome)
    if due is None:
        return ""
    zone = totals.publisher_zone(outcome, otherwise)
    what = totals.next_release(outcome, due)
    subject = terminal(f"{what}, ") if what else ""
    return f" Next: {subject}{moment(due, zone, now)} ({ahead(due, now)})."
