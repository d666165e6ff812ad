"""What a command line leaves open -> questions on a terminal, or wrong usage where there is none.

Ctrl-C at a question ends the command with 130, before anything is written.
"""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.cli.authoring import Desk
    from reconciler.model.windows import Window

Answer = TypeVar("Answer")

_MOST_LISTED = 30


def yes_option(command: Callable[..., int]) -> Callable[..., int]:
    """--yes: the last question, whether to write it, is not asked."""
    return click.option("--yes", "-y", is_flag=True, help="Write without asking at the end.")(
        command
    )


def can_ask() -> bool:
    """Whether a person reads and types along."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def needed(what: str) -> None:
    """Raises UsageError where nobody can be asked; `what` names the argument and what to say."""
    if not can_ask():
        raise click.UsageError(what)


def ask(question: str, read: Callable[[str], Answer], default: str | None = None) -> Answer:
    """The answer as `read` takes it; asked again, with the reason, until it takes one."""
    from reconciler.cli import output
    from reconciler.report.escape import terminal

    while True:
        text = str(click.prompt(terminal(question), default=default, type=str)).strip()
        try:
            return read(text)
        except ReconcilerError as error:
            output.tell(error)


def choose(what: str, names: Iterable[str]) -> str:
    """One of the names, picked by number or typed. Raises ReconcilerError when there is none."""
    from reconciler.desired.nearest import Nearest
    from reconciler.report.escape import terminal

    every = sorted(names)
    if not every:
        raise ReconcilerError(f"there is no {what} to choose")
    shown = every[:_MOST_LISTED]
    for number, name in enumerate(shown, start=1):
        click.echo(f"  {number:>2}  {terminal(name)}")
    if len(every) > len(shown):
        click.echo(f"      and {len(every) - len(shown):,} more")

    def read(text: str) -> str:
        if text in every:
            return text
        if text.isascii() and text.isdecimal() and 0 < int(text) <= len(shown):
            return shown[int(text) - 1]
        raise ReconcilerError(f'there is no {what} "{text}"', Nearest(every).hint(text))

    return ask(f"Which {what} (number or name)?", read)


def ask_when(
    desk: "Desk",
    pack: str,
    *,
    emergency: bool,
    refuse: Callable[[str | None], None] = lambda _: None,
) -> str | None:
    """A date whose window can be had, shown as everybody's clocks show it; None: immediate.

    `refuse` raises AuthoringRefused for one that can't be for another reason.
    """
    from reconciler.desired.schedule import declared_pack, window_of

    declared_pack(desk.tree, pack)

    def read(text: str) -> str | None:
        if text.lower() in ("immediate", "now"):
            return None
        opening = window_of(desk.tree, text, desk.at, emergency=emergency)
        refuse(text)
        if opening is not None:
            _show_window(desk, pack, opening)
        return text

    return ask("When: immediate, or on which date (YYYY-MM-DD)?", read)


def _show_window(desk: "Desk", pack: str, opening: "Window") -> None:
    from reconciler.desired.freezes import frozen
    from reconciler.model.zones import zone, zone_names
    from reconciler.report.escape import terminal
    from reconciler.report.times import local_range, moment, span_and_utc

    tree, where, now = desk.tree, desk.zone, desk.at
    accounts = (tree.accounts.get(name) for name in tree.entitled.get(pack, ()))
    named = {found.time_zone for found in accounts if found and found.time_zone in zone_names()}
    zones = [zone(name) for name in sorted(filter(None, named))]
    click.echo(f"  window   {span_and_utc(opening, where, now)}")
    there = local_range(opening.opens_at, (where, *zones), now)
    click.echo(f"  accounts {terminal(there)} on their clocks")
    held = frozen(tree.publisher.freezes, opening.opens_at, where)
    if held is not None:
        until = "" if held.until is None else f" until {moment(held.until, where, now)}"
        click.echo(f"  freeze   {terminal(held.name)}{until}: it starts after that")


def ask_version(proposed: str, reason: str | None, read: Callable[[str], Answer]) -> Answer:
    """The version, the proposed one by default."""
    why = f" ({reason})" if reason else ""
    click.echo(f"  version  {proposed}{why}")
    return ask("Version?", read, default=proposed)


def agree(question: str) -> bool:
    """Yes or no; no by default."""
    from reconciler.report.escape import terminal

    return click.confirm(terminal(question), default=False)


def confirmed(preview: str, question: str = "Write it?") -> bool:
    """Whether what is shown should be done."""
    from reconciler.cli import output
    from reconciler.report.escape import terminal

    click.echo("".join(f"  | {terminal(line)}\n" for line in preview.splitlines()))
    if click.confirm(question, default=True):
        return True
    output.note("nothing was written")
    return False
