"""The outcome of a plan -> the Markdown of a pull request comment, of a bounded length."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.changes import Action, Change, Plan
from reconciler.model.impact import Impact
from reconciler.model.outcome import PassOutcome
from reconciler.report.escape import markdown
from reconciler.report.impact import markdown as impacts
from reconciler.report.impact import phrases
from reconciler.report.page import Links, Page, text
from reconciler.report.plan import totals
from reconciler.report.plan.banners import NO_STORE, banners, has_store
from reconciler.report.plan.merging import merging
from reconciler.report.plan.text import subject
from reconciler.report.times import iso, moment, span
from reconciler.report.validation.markdown import finding_line
from reconciler.report.validation.text import tally
from reconciler.report.validation.urgency import by_urgency
from reconciler.report.words import counted, listed, short, versions

HEADS = ("Change", *impacts.HEADS)
_TABLE = 20_000  # characters, as those below
_DESTROYED = 20_000
_WAITING = 5_000
_FINDINGS = 12_000
_NAMES = 400  # for those of one change, however many changes there are
_TOLD = 4  # releases with a sentence of their own

Reached = Mapping[tuple[str, str], Impact]


def render(outcome: PassOutcome, key: str | None = None, links: Links | None = None) -> str:
    """The verdict, releases, what is destroyed, what accounts must do, findings, details, digest.

    The first line is marker(key), by which a workflow finds the comment to edit. `links` turn paths
    into links; None shows them as code.
    """
    links = links or Links()
    zone = totals.publisher_zone(outcome)
    page = Page()
    page.add(marker(key))
    page.add(f"{merging(outcome)} **{_verdict(outcome, zone)}**")
    for sentence in banners(outcome) if has_store(outcome) else (NO_STORE,):
        page.add(f"> {text(sentence)}")
    if outcome.error is not None and outcome.error.hint:
        page.add(f"> {text(outcome.error.hint)}")
    plan = outcome.plan
    if plan is not None:
        if not plan.descends:
            page.add("> The base has moved: this revision does not descend from the applied one.")
        page.table(HEADS, _release_rows(outcome, plan, zone), _TABLE)
        _destroy(page, plan)
        impacts.fill_in(page, outcome.impacts)
        waiting = (_waits(change, zone, plan.now) for change in plan.waiting)
        page.section("Waiting", waiting, _WAITING)
    found = (finding_line(one, links) for one in by_urgency(outcome.findings))
    page.section("Findings", found, _FINDINGS)
    if plan is not None:
        impacts.details(page, outcome.impacts, zone, plan.now, links)
        lines = (_detail(change, links) for change in plan.changes)
        every = f"All {len(plan.changes):,} changes" if len(plan.changes) > 1 else "The change"
        page.folded(every, lines)
        page.foot(_foot(outcome, plan))
    return page.text()


def marker(key: str | None = None) -> str:
    """A line that a forge does not show; `key` tells several comments on one request apart."""
    return f"<!-- reconciler-plan{'' if key is None else f': {key}'} -->"


_SENTENCES = {
    Action.RELEASE: "Releases {what} to {whom} as soon as this is merged",
    Action.PROMOTE: "Promotes {what} for {whom} as soon as this is merged",
    Action.SCHEDULE: "Schedules {what} for {whom} on {when}",
    Action.RESCHEDULE: "Moves {what} for {whom} to {when}",
    Action.SUPERSEDE: "ends the testing period of {what}",
    Action.WITHDRAW: "Withdraws {what}",
    Action.ROLLBACK: "Rolls back {what} in {whom}",
}
_VERBS = {
    Action.RELEASE: "releases",
    Action.PROMOTE: "promotes",
    Action.SCHEDULE: "schedules",
    Action.RESCHEDULE: "moves the date of",
    Action.SUPERSEDE: "ends the testing period of",
    Action.WITHDRAW: "withdraws the pending release of",
    Action.ROLLBACK: "rolls back",
}
_DESTROYED_WORDS = (
    (Action.ROLLBACK, "rolled back"),
    (Action.REVERT, "taken back"),
    (Action.UNINSTALL, "uninstalled"),
)


def _verdict(outcome: PassOutcome, zone: ZoneInfo) -> str:
    plan = outcome.plan
    if totals.is_invalid(outcome):
        return f"This revision would be refused: {tally(outcome.findings)}."
    if outcome.error is not None:
        return f"This revision would be refused: {text(outcome.error.message)}."
    if plan is None or not (plan.changes or plan.waiting):
        return "Changes nothing in the install base."
    reached = totals.impacts_by_release(outcome)
    releases = _releases(plan.changes, reached)
    parts = [_sentence(change, zone, plan.now, reached) for change in releases[:_TOLD]]
    parts += _more(releases[_TOLD:], reached)
    sums = totals.moved(plan.changes)
    for action, verb in ((Action.UNINSTALL, "uninstalls"), (Action.REVERT, "takes back")):
        if sums[action]:
            parts.append(f"{verb} {counted(sums[action], 'attachment')}")
    if not parts and plan.waiting:
        parts.append(f"{counted(len(plan.waiting), 'change')} would wait")
    if not parts:
        parts.append("Releases nothing; changes declarations and attachments only")
    said = "; ".join(part[0].lower() + part[1:] for part in parts)
    return said[0].upper() + said[1:] + "."


def _more(releases: Iterable[Change], reached: Reached) -> Iterator[str]:
    """Those that have no sentence of their own, action by action."""
    packs, hit = Counter[Action](), Counter[Action]()
    for change in releases:
        packs[change.action] += 1
        hit[change.action] += _attachments(change, reached)
    for action, number in packs.items():
        whom = f" for {counted(hit[action], 'attachment')}" if hit[action] else ""
        yield f"{_VERBS[action]} {counted(number, 'more pack')}{whom}"


def _sentence(change: Change, zone: ZoneInfo, now: datetime, reached: Reached) -> str:
    what = markdown(f"{change.name} {change.release or ''}".strip())
    if change.action is Action.ROLLBACK:
        what = markdown(f"{change.name} {versions(change.before, change.after)}")
    when = span(change.window, zone, now) if change.window else "another date"
    impact = _impact(change, reached)
    whom = counted(change.attachments, "attachment")
    if impact is not None:
        whom = phrases.hits(impact.hit)
    return _SENTENCES[change.action].format(what=what, whom=whom, when=markdown(when))


def _releases(changes: Iterable[Change], reached: Reached) -> list[Change]:
    """Pack by pack: those that are rolled back first, then by how many attachments are hit."""
    releases = [change for change in changes if change.action in totals.RELEASES]
    weight: dict[str, tuple[bool, int]] = {}
    for change in releases:
        own = (change.action is Action.ROLLBACK, _attachments(change, reached))
        weight[change.name] = max(own, weight.get(change.name, own))
    return sorted(releases, key=lambda one: (*(-part for part in weight[one.name]), one.name))


def _impact(change: Change, reached: Reached) -> Impact | None:
    return reached.get((change.name, change.release or ""))


def _attachments(change: Change, reached: Reached) -> int:
    impact = _impact(change, reached)
    return change.attachments if impact is None else impact.hit.attachments


def _release_rows(outcome: PassOutcome, plan: Plan, zone: ZoneInfo) -> Iterator[tuple[str, ...]]:
    """Of what ends there is no impact: the release that takes its place has it."""
    reached = totals.impacts_by_release(outcome)
    for change in _releases((*plan.changes, *plan.waiting), reached):
        impact = _impact(change, reached)
        action = f"{change.action.value}, waiting" if change.gate else change.action.value
        if impact is not None:
            yield (action, *impacts.row(impact, zone, plan.now))
            continue
        moves = markdown(versions(change.before, change.after))
        when = ("on merge",) * 3
        yield (action, markdown(change.name), moves, *when, "", f"{change.attachments:,}", "")


def _destroy(page: Page, plan: Plan) -> None:
    """How much in the title, since of thousands only the first are listed."""
    destroyed = totals.destructive(plan)
    sums = totals.moved(destroyed)
    hit = [(sums[action], word) for action, word in _DESTROYED_WORDS if sums[action]]
    told = [f"{counted(number, 'attachment')} {word}" for number, word in hit[:1]]
    told += [f"{number:,} {word}" for number, word in hit[1:]]
    title = f"Destructive changes: {listed(told)}" if told else "Destructive changes"
    room = max(_DESTROYED // (2 * max(len(destroyed), 1)), _NAMES)
    page.section(title, (_destroyed(change, room) for change in destroyed), _DESTROYED)


def _destroyed(change: Change, room: int) -> str:
    """`room`: the characters that names may take."""
    names = _fitting(change.members, room)
    reason = f": {text(change.reason)}" if change.reason else ""
    hit = f", {counted(change.attachments, 'attachment')}" if change.attachments else ""
    listing = f" ({names})" if names else ""
    return f"- **{change.action.value}** {markdown(subject(change))}{hit}{reason}{listing}"


def _fitting(members: Sequence[str], room: int) -> str:
    """The first names, and how many more there are."""
    shown = list[str]()
    for name in map(markdown, members):
        room -= len(name) + 2
        if room < 0:
            break
        shown.append(name)
    more = len(members) - len(shown)
    return listed([*shown, f"{more:,} more"] if more else shown)


def _waits(change: Change, zone: ZoneInfo, now: datetime) -> str:
    until = f" until {markdown(moment(change.until, zone, now))}" if change.until else ""
    reason = f", {text(totals.waits_for(change))}" if change.reason else ""
    what = markdown(f"{change.name} {versions(change.before, change.after)}")
    hit = f", {counted(change.attachments, 'attachment')}" if change.attachments else ""
    return f"- {change.action.value} {what}{reason}{until}{hit}"


def _detail(change: Change, links: Links) -> str:
    moves = ""
    if change.action in totals.MOVES:
        moves = f" {markdown(versions(change.before, change.after))}".rstrip()
    path = f" — {links.path(change.path)}" if change.path else ""
    return f"- {change.action.value} {markdown(subject(change))}{moves}{path}"


def _foot(outcome: PassOutcome, plan: Plan) -> str:
    applied = outcome.base.applied if outcome.base is not None else None
    against = f" against {short(applied.revision)}" if applied is not None else ""
    what = "of what is due under" if totals.is_of_another(outcome) else "for"
    return (
        f"<sub>Plan `{plan.digest[:12]}` {what} `{short(plan.revision)}`{against},"
        f" made {iso(plan.now.replace(microsecond=0))}.</sub>"
    )
