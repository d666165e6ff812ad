"""The outcome of a plan -> the Markdown of a pull request comment, of a bounded length."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.changes import Action, Change, Plan
from reconciler.model.outcome import PassOutcome
from reconciler.report.escape import markdown
from reconciler.report.plan import totals
from reconciler.report.plan.banners import NO_STORE, banners, has_store
from reconciler.report.plan.merging import merging
from reconciler.report.plan.reach import NOBODY, Reach, local_range, reaches
from reconciler.report.plan.text import subject
from reconciler.report.times import elsewhere, iso, moment, span
from reconciler.report.validation.markdown import finding_line
from reconciler.report.validation.text import tally
from reconciler.report.validation.urgency import by_urgency
from reconciler.report.words import counted, listed, short, versions

# A comment may have 65,536 characters, whatever their bytes; the rest is left for what a workflow
# puts around it.
MOST_CHARACTERS = 60_000
_ROOM_FOR_FOOT = 2_000
_LONGEST_TEXT = 600
_UTC = ZoneInfo("UTC")


def render(outcome: PassOutcome, key: str | None = None) -> str:
    """The verdict, releases, what is destroyed, what waits, findings, folded details, digest.

    The first line is marker(key), by which a workflow finds the comment to edit.
    """
    zone = totals.publisher_zone(outcome)
    page = _Page()
    page.add(marker(key))
    page.add(f"{merging(outcome)} **{_verdict(outcome, zone)}**")
    for sentence in banners(outcome) if has_store(outcome) else (NO_STORE,):
        page.add(f"> {_text(sentence)}")
    if outcome.error is not None and outcome.error.hint:
        page.add(f"> {_text(outcome.error.hint)}")
    plan = outcome.plan
    if plan is not None:
        if not plan.descends:
            page.add("> The base has moved: this revision does not descend from the applied one.")
        reached = reaches(outcome)
        rows = [
            _release_row(change, zone, plan.now, reached.get(change.name, NOBODY))
            for change in _releases(plan)
        ]
        page.table(_RELEASE_HEADS, rows)
        page.section("Destructive changes", map(_destroyed, totals.destructive(plan)))
        page.section("Waiting", (_waits(change, zone, plan.now) for change in plan.waiting))
    page.section("Findings", map(finding_line, by_urgency(outcome.findings)))
    if plan is not None:
        page.folded(f"All {counted(len(plan.changes), 'change')}", map(_detail, plan.changes))
        page.foot(_foot(outcome, plan))
    return page.text()


def marker(key: str | None = None) -> str:
    """A line that a forge does not show; `key` tells several comments on one request apart."""
    return f"<!-- reconciler-plan{'' if key is None else f': {key}'} -->"


class _Page:
    """Collects blocks and leaves out lines of lists, and says so, when the room is used up."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._room = MOST_CHARACTERS - _ROOM_FOR_FOOT

    def add(self, block: str) -> None:
        self._blocks.append(block)
        self._room -= len(block) + 2

    def foot(self, block: str) -> None:
        """For the foot room was kept."""
        self._blocks.append(block)

    def _fitting(self, lines: Iterable[str]) -> str:
        kept: list[str] = []
        left_out = 0
        room = self._room - 200
        for line in lines:
            room -= len(line) + 1
            if room > 0 and not left_out:
                kept.append(line)
            else:
                left_out += 1
        if left_out:
            kept.append(f"\n… and {left_out:,} more; the output of the command has them all.")
        return "\n".join(kept)

    def table(self, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        if rows:
            head = f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
            self.add(head + self._fitting(f"| {' | '.join(row)} |" for row in rows))

    def section(self, title: str, lines: Iterable[str]) -> None:
        body = self._fitting(lines)
        if body:
            self.add(f"### {title}\n\n{body}")

    def folded(self, title: str, lines: Iterable[str]) -> None:
        body = self._fitting(lines)
        if body:
            self.add(f"<details><summary>{title}</summary>\n\n{body}\n\n</details>")

    def text(self) -> str:
        return "\n\n".join(self._blocks) + "\n"


_RELEASE_HEADS = (
    "Change",
    "Pack",
    "From → to",
    "When (UTC)",
    "When (publisher)",
    "When (accounts)",
    "Accounts",
    "Attachments",
    "Adopters",
)
_SENTENCES = {
    Action.RELEASE: "Releases {what} to {whom} as soon as this is merged",
    Action.PROMOTE: "Promotes {what} for {whom} as soon as this is merged",
    Action.SCHEDULE: "Schedules {what} for {whom} on {when}",
    Action.RESCHEDULE: "Moves {what} for {whom} to {when}",
    Action.SUPERSEDE: "ends the testing period of {what}",
    Action.WITHDRAW: "Withdraws {what}",
    Action.ROLLBACK: "Rolls back {what} in {whom}",
}


def _text(text: str) -> str:
    return markdown(text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…")


def _verdict(outcome: PassOutcome, zone: ZoneInfo) -> str:
    plan = outcome.plan
    if totals.is_invalid(outcome):
        return f"This revision would be refused: {tally(outcome.findings)}."
    if outcome.error is not None:
        return f"This revision would be refused: {_text(outcome.error.message)}."
    if plan is None or not (plan.changes or plan.waiting):
        return "Changes nothing in the install base."
    reached = reaches(outcome)
    parts = [
        _sentence(change, zone, plan.now, reached.get(change.name, NOBODY))
        for change in _releases(plan)
    ]
    sums = totals.moved(plan.changes)
    for action, verb in ((Action.UNINSTALL, "uninstalls"), (Action.REVERT, "takes back")):
        if sums[action]:
            parts.append(f"{verb} {counted(sums[action], 'attachment')}")
    if not parts and plan.waiting:
        parts.append(f"{counted(len(plan.waiting), 'change')} would wait")
    if not parts:
        parts.append("Releases nothing; changes declarations and attachments only")
    shown = parts[:4] + ([f"{len(parts) - 4:,} more"] if len(parts) > 4 else [])
    text = "; ".join(part[0].lower() + part[1:] for part in shown)
    return text[0].upper() + text[1:] + "."


def _sentence(change: Change, zone: ZoneInfo, now: datetime, reach: Reach) -> str:
    what = markdown(f"{change.name} {change.release or ''}".strip())
    if change.action is Action.ROLLBACK:
        what = markdown(f"{change.name} {versions(change.before, change.after)}")
    when = span(change.window, zone, now) if change.window else "another date"
    whom = counted(change.attachments, "attachment")
    if reach.accounts and change.attachments == reach.attachments:
        whom += f" in {counted(reach.accounts, 'account')}"
    return _SENTENCES[change.action].format(what=what, whom=whom, when=markdown(when))


def _releases(plan: Plan) -> list[Change]:
    return [change for change in plan.changes if change.action in totals.RELEASES]


def _release_row(change: Change, zone: ZoneInfo, now: datetime, reach: Reach) -> tuple[str, ...]:
    dated = change.action in (Action.SCHEDULE, Action.RESCHEDULE) and change.window is not None
    if dated and change.window is not None:
        universal = f"{iso(change.window.opens_at)[:10]} {elsewhere(change.window, _UTC, _UTC)}"
        local = span(change.window, zone, now)
        there = local_range(change.window, reach, zone, now)
    else:
        universal = local = there = "on merge"
    return (
        change.action.value,
        markdown(change.name),
        markdown(versions(change.before, change.after)),
        universal,
        markdown(local),
        markdown(there),
        f"{reach.accounts:,}",
        f"{change.attachments:,}",
        f"{reach.adopters:,}",
    )


def _destroyed(change: Change) -> str:
    names = listed(map(markdown, change.members))
    reason = f": {_text(change.reason)}" if change.reason else ""
    hit = f", {counted(change.attachments, 'attachment')}" if change.attachments else ""
    listing = f" ({names})" if names else ""
    return f"- **{change.action.value}** {markdown(subject(change))}{hit}{reason}{listing}"


def _waits(change: Change, zone: ZoneInfo, now: datetime) -> str:
    until = f" until {markdown(moment(change.until, zone, now))}" if change.until else ""
    reason = f", {_text(totals.waits_for(change))}" if change.reason else ""
    what = markdown(f"{change.name} {versions(change.before, change.after)}")
    hit = f", {counted(change.attachments, 'attachment')}" if change.attachments else ""
    return f"- {change.action.value} {what}{reason}{until}{hit}"


def _detail(change: Change) -> str:
    moves = ""
    if change.action in totals.MOVES:
        moves = f" {markdown(versions(change.before, change.after))}".rstrip()
    path = f" — {markdown(change.path)}" if change.path else ""
    return f"- {change.action.value} {markdown(subject(change))}{moves}{path}"


def _foot(outcome: PassOutcome, plan: Plan) -> str:
    applied = outcome.base.applied if outcome.base is not None else None
    against = f" against {short(applied.revision)}" if applied is not None else ""
    return (
        f"<sub>Plan `{plan.digest[:12]}` for `{short(plan.revision)}`{against},"
        f" made {iso(plan.now)}.</sub>"
    )
