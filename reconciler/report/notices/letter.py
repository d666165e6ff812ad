"""A notice -> words: the verdict first, then what and whom, when, and what to do.

An account reads of itself alone: no counts, no reasons, no names of others.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from reconciler.desired.phrases import counted, listed
from reconciler.model.events import EventKind
from reconciler.model.notices import Letter, Move, Notice, Topic
from reconciler.model.windows import Window
from reconciler.model.zones import zone
from reconciler.report.escape import terminal
from reconciler.report.times import ahead, moment, span, span_and_utc
from reconciler.report.words import short

_VERBS: Mapping[EventKind, str] = {
    EventKind.RELEASE: "is current",
    EventKind.PROMOTE: "is current",
    EventKind.ROLLBACK: "is current again",
    EventKind.INSTALL: "was installed",
    EventKind.ADOPT: "was adopted",
    EventKind.REVERT: "is back",
}
_LONGEST_LINE = 500
_MOST_MOVES = 20


def letter(notice: Notice, now: datetime) -> Letter:
    """Every text is one line of visible characters, whatever names hold."""
    written = _LETTERS[notice.topic](_Facts(notice, now))
    if notice.account is None and notice.draft.revision:
        by = f"Revision {short(notice.draft.revision)}, {notice.draft.actor}."
        written = replace(written, lines=(*written.lines, by))
    return Letter(
        title=_line(written.title),
        lines=tuple(_line(text) for text in written.lines),
        action=None if written.action is None else _line(written.action),
    )


def _line(text: str) -> str:
    shown = terminal(text)
    return shown if len(shown) <= _LONGEST_LINE else shown[: _LONGEST_LINE - 1] + "…"


class _Facts:
    """What letters are made of."""

    def __init__(self, notice: Notice, now: datetime) -> None:
        self.notice, self.now = notice, now
        self.zone = zone(notice.zone)
        self.details: Mapping[str, Any] = notice.draft.details
        self.pack = notice.draft.pack or ""
        self.before, self.after = self.details.get("before"), self.details.get("after")

    @property
    def publishes(self) -> bool:
        """Whether the publisher reads it."""
        return self.notice.account is None

    @property
    def name(self) -> str:
        """ "stock-levels 2.1.0"."""
        return (
            f"{self.pack} {self.details.get('release') or self.after or self.before or ''}".strip()
        )

    @property
    def window(self) -> Window | None:
        kept = self.details.get("window")
        if not kept:
            return None
        opens_at, closes_at = (
            datetime.fromisoformat(kept[name]) for name in ("opens_at", "closes_at")
        )
        return Window(opens_at=opens_at, closes_at=closes_at)

    @property
    def when(self) -> str:
        """ "on Tue 1 Dec 06:00–07:00 Paris", or nothing."""
        return "" if self.window is None else f" on {span(self.window, self.zone, self.now)}"

    @property
    def window_line(self) -> tuple[str, ...]:
        if self.window is None:
            return ()
        opens = ahead(self.window.opens_at, self.now)
        return (f"Window: {span_and_utc(self.window, self.zone, self.now)}, {opens}.",)

    @property
    def reason(self) -> tuple[str, ...]:
        reason = self.details.get("reason")
        return (f"Reason: {reason}.",) if self.publishes and reason else ()

    @property
    def running(self) -> tuple[str, ...]:
        """What the account runs."""
        versions = {one.release for one in self.notice.attachments if one.release}
        return (f"You run {listed(sorted(versions))}.",) if versions else ()


def _began(facts: _Facts) -> Letter:
    number = facts.details.get("attachments") or 0
    verb = "gets" if number == 1 else "get"
    whom = f"{counted(number, 'attachment')} {verb}" if facts.publishes else "you get"
    return Letter(
        title=f"{facts.name} is in its testing period: {whom} it{facts.when}",
        lines=(*facts.window_line, *facts.running),
        action=None
        if facts.publishes
        else f"Adopt {facts.name} to try it now; there is no way back until its window.",
    )


def _rescheduled(facts: _Facts) -> Letter:
    version = facts.details.get("release") or ""
    return Letter(
        title=f"{facts.pack} {version} has another window:{facts.when.removeprefix(' on')}",
        lines=(*facts.window_line, *facts.reason),
    )


def _near(facts: _Facts) -> Letter:
    window = facts.window
    opens = ahead(window.opens_at, facts.now) if window is not None else "soon"
    held = [one.instance or facts.pack for one in facts.notice.attachments if one.held]
    kept = (f"A hold keeps {listed(held)} as it is.",) if held else ()
    return Letter(
        title=f"{facts.name} comes {opens}:{facts.when.removeprefix(' on')}",
        lines=(*facts.window_line, *facts.running, *kept),
        action=f"See whom it hits: reconciler impact {facts.name}" if facts.publishes else None,
    )


def _values(facts: _Facts) -> Letter:
    names = [f"{one['component']}.{one['name']}" for one in facts.details.get("missing", ())]
    window = facts.window
    until = f" before {moment(window.opens_at, facts.zone, facts.now)}" if window else ""
    return Letter(
        title=f"{facts.name} needs {counted(len(names), 'value')} from you{until}",
        lines=(f"Missing: {listed(names, most=20)}.", *facts.window_line),
        action="Fill them in; without them it may not work once it is applied.",
    )


def _applied(facts: _Facts) -> Letter:
    late = facts.notice.topic is Topic.LATE
    behind = ", after its window" if late else ""
    moves = facts.notice.moves
    if facts.publishes or not moves:
        verb = _VERBS.get(facts.notice.draft.kind, "was applied")
        return Letter(
            title=f"{facts.name} {verb}{behind}", lines=(f"{facts.notice.draft.message}.",)
        )
    several = len(moves) > 1
    shown = tuple(_move(facts.pack, move) for move in moves[:_MOST_MOVES]) if several else ()
    more = len(moves) - len(shown)
    rest = (f"And {more:,} more.",) if several and more else ()
    title = f"{len(moves):,} attachments of {facts.pack} changed" if several else ""
    when = f"Applied {moment(facts.notice.draft.at, facts.zone, facts.now)}."
    return Letter(
        title=(title or _move(facts.pack, moves[0])) + behind, lines=(*shown, *rest, when)
    )


def _move(pack: str, move: Move) -> str:
    name = f"{pack} {move.after or ''}".strip()
    where = f" in {move.instance}" if move.instance else ""
    if move.before is None:
        return f"{name} is installed{where}"
    if move.after is None:
        return f"{pack} is uninstalled{where} (it ran {move.before})"
    verb = "is back" if move.action in ("rollback", "revert") else "was applied"
    return f"{name} {verb}{where} (it ran {move.before})"


def _uninstalled(facts: _Facts) -> Letter:
    if facts.publishes:
        return Letter(
            title=f"{facts.pack} was uninstalled from"
            f" {counted(facts.details.get('attachments') or 0, 'attachment')}",
            lines=facts.reason,
        )
    moves = facts.notice.moves
    return Letter(
        title=f"{facts.pack} was uninstalled",
        lines=tuple(_move(facts.pack, move) for move in moves[:_MOST_MOVES]),
        action="Ask the publisher if you did not expect that.",
    )


def _withdrawn(facts: _Facts) -> Letter:
    kept = "nobody gets it" if facts.publishes else "you will not get it"
    return Letter(
        title=f"{facts.pack} {facts.before} was withdrawn: {kept}",
        lines=(*facts.running, *facts.reason),
    )


def _superseded(facts: _Facts) -> Letter:
    return Letter(
        title=f"{facts.pack} {facts.before} was superseded: its testing period is over",
        lines=("A higher release comes in its place.", *facts.running, *facts.reason),
    )


def _token(facts: _Facts) -> Letter:
    ends_at = datetime.fromisoformat(facts.details["expires_at"])
    return Letter(
        title=f'token "{facts.details["token"]}" expires {ahead(ends_at, facts.now)}',
        lines=(f"It ends {moment(ends_at, facts.zone, facts.now)}.",),
        action="Make a new one, and let what uses the old one use it.",
    )


def _overdue(facts: _Facts) -> Letter:
    return Letter(
        title=f"{facts.name} is not where it should be",
        lines=(f"{facts.notice.draft.message}.",),
        action="Look at the agent of the account: is it running, and what does it say?",
    )


def _refused(facts: _Facts) -> Letter:
    return Letter(
        title=f"Refused: {facts.notice.draft.message}",
        lines=("What was in force stays in force, and what is due under it goes on.",),
        action="reconciler validate",
    )


def _set_aside(facts: _Facts) -> Letter:
    return Letter(title=facts.notice.draft.message, action="reconciler events")


def _test(facts: _Facts) -> Letter:
    return Letter(
        title="This is a test: notifications arrive here",
        lines=(f"Asked for by {facts.notice.draft.actor}.",),
    )


_LETTERS: Mapping[Topic, Callable[[_Facts], Letter]] = {
    Topic.TESTING_PERIOD_STARTED: _began,
    Topic.RESCHEDULED: _rescheduled,
    Topic.WINDOW_NEAR: _near,
    Topic.VALUES_MISSING: _values,
    Topic.APPLIED: _applied,
    Topic.LATE: _applied,
    Topic.WITHDRAWN: _withdrawn,
    Topic.SUPERSEDED: _superseded,
    Topic.UNINSTALLED: _uninstalled,
    Topic.TOKEN_EXPIRING: _token,
    Topic.DELIVERY_OVERDUE: _overdue,
    Topic.REFUSED: _refused,
    Topic.SET_ASIDE: _set_aside,
    Topic.TEST: _test,
}
