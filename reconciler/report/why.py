"""An explanation -> sentences in the publisher's and the account's time, or JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from reconciler.model.windows import Window
from reconciler.report.delivery import Delivered, delivered_fields
from reconciler.report.escape import terminal
from reconciler.report.layout import PLAIN, Style
from reconciler.report.objects import Fields
from reconciler.report.times import clock, day, elsewhere, iso_or_none, moment, place


class Explained(Protocol):
    """What is told of one attachment, or of an account without one."""

    @property
    def account(self) -> str: ...
    @property
    def pack(self) -> str: ...
    @property
    def instance(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def release(self) -> str | None: ...
    @property
    def target(self) -> str | None: ...
    @property
    def sentences(self) -> Sequence[Sequence[str | datetime | Window]]: ...
    @property
    def next_at(self) -> datetime | None: ...
    @property
    def command(self) -> str | None: ...
    @property
    def delivered(self) -> Delivered | None: ...
    @property
    def publisher_zone(self) -> ZoneInfo: ...
    @property
    def account_zone(self) -> ZoneInfo: ...


def text(explained: Explained, now: datetime, style: Style = PLAIN) -> str:
    """One sentence a line, the first the answer; then the command that the account may run."""
    first, *others = sentences(explained, now)
    lines = [style.bold(first), *others]
    if explained.command is not None:
        lines.append(_invitation(explained))
    return "\n".join(lines) + "\n"


def _invitation(explained: Explained) -> str:
    if explained.release is None:
        return f"To install it: {explained.command}"
    return f"To try it now: {explained.command}   (there is no way back until then)"


def fields(explained: Explained, now: datetime) -> Fields:
    """`reason` holds the sentences of the text."""
    return {
        "account": explained.account,
        "pack": explained.pack,
        "instance": explained.instance,
        "state": str(explained.state),
        "release": explained.release,
        "target": explained.target,
        "reason": " ".join(sentences(explained, now)),
        "next_at": iso_or_none(explained.next_at),
        "command": explained.command,
        **delivered_fields(explained.delivered, explained.release),
    }


def sentences(explained: Explained, now: datetime) -> list[str]:
    """The sentences with their instants in local time."""
    return [
        "".join(_part(part, explained, now) for part in sentence)
        for sentence in explained.sentences
    ]


def _part(part: str | datetime | Window, explained: Explained, now: datetime) -> str:
    if isinstance(part, str):
        return terminal(part)
    if isinstance(part, Window):
        return _window(part, explained, now)
    here, there = explained.publisher_zone, explained.account_zone
    said = moment(part, here, now)
    return said if here == there else f"{said} ({moment(part, there, now)})"


def _window(window: Window, explained: Explained, now: datetime) -> str:
    here, there = explained.publisher_zone, explained.account_zone
    opens, closes = clock(window.opens_at, here), clock(window.closes_at, here)
    said = f"on {day(window.opens_at, here, now)} between {opens} and {closes} {place(here)}"
    if here == there:
        return said
    local = elsewhere(window, there, here)
    return f"{said}, which is {local} in {terminal(explained.account)}'s time ({there.key})"
