"""Options on how notifications are sent -> what sends them, and lines of log about it."""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from reconciler.cli import streams
from reconciler.cli.durations import Duration
from reconciler.cli.options import Command, together

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.model.notices import Answer, Claim, Settled
    from reconciler.notify.dispatch import Dispatcher
    from reconciler.notify.post import Ways
    from reconciler.ports import Clock, Store

_PRIVATE = click.option(
    "--allow-private-addresses",
    "private",
    is_flag=True,
    envvar="RECONCILER_ALLOW_PRIVATE_ADDRESSES",
    help="Let receivers be in your own network, and do without https.",
)
_MAIL = click.option(
    "--mail-server",
    envvar="RECONCILER_MAIL_SERVER",
    metavar="URL",
    help="smtps://HOST, or smtp://HOST for STARTTLS. With a password rather set "
    "RECONCILER_MAIL_SERVER.",
)
_FROM = click.option(
    "--mail-from",
    envvar="RECONCILER_MAIL_FROM",
    metavar="ADDRESS",
    help="Whom mails are from. Also set by RECONCILER_MAIL_FROM.",
)
_REMIND = click.option(
    "--remind",
    "leads",
    type=Duration(),
    multiple=True,
    help="How long before a window to remind of it; repeatable.  [default: 7d, 1d, 1h]",
)


def allows_private(command: Command) -> Command:
    """--allow-private-addresses alone, for what only looks at a URL."""
    return _PRIVATE(command)


def reminds(command: Command) -> Command:
    """--remind: the parameter `leads`."""
    return _REMIND(command)


def ways(private: bool, mail_server: str | None, mail_from: str | None) -> "Ways":
    """Raises UsageError for a mail server that can't be used."""
    from reconciler.notify.mails import mail_server as server_at
    from reconciler.notify.post import Ways

    mail = None if mail_server is None else server_at(mail_server, mail_from)
    return Ways(private=private, mail=mail)


sends = together("ways", ways, _PRIVATE, _MAIL, _FROM)


def dispatcher(
    store: "Store", clock: "Clock", how: "Ways", leads: tuple[timedelta, ...], format_: str = "text"
) -> "tuple[Dispatcher, Log]":
    """What sends, and its log."""
    from reconciler.desired.reminders import WINDOW_LEADS
    from reconciler.notify.dispatch import Dispatcher
    from reconciler.store import outbox_of

    log = Log(clock, format_)
    found = Dispatcher(
        outbox=outbox_of(store), clock=clock, log=log, ways=how, leads=leads or WINDOW_LEADS
    )
    return found, log


class Log:
    """Implements ports.outbox.PostLog: a line on stderr for each attempt that failed."""

    def __init__(self, clock: "Clock", format_: str) -> None:
        self._clock = clock
        self._json = format_ == "json"
        self.counts: Counter[str] = Counter()

    def answered(self, claim: "Claim", answer: "Answer", end: "Settled") -> None:
        from reconciler.model.notices import NotificationState

        self.counts[end.state.value] += 1
        if end.state is NotificationState.SENT:
            return
        again = "it is tried again" if end.due_at else "it is not tried again"
        name, where = claim.notice.id, f"channel {claim.channel.id} ({claim.channel.kind})"
        self._say("warning", f"{name} to {where}: {answer.error}; {again}")

    def trouble(self, error: "ReconcilerError") -> None:
        self._say("error", f"notifications wait: {error.message}; trying again")

    def recovered(self) -> None:
        self._say("info", "notifications are sent again")

    def _say(self, level: str, message: str) -> None:
        from reconciler.report import objects
        from reconciler.report.escape import terminal
        from reconciler.report.times import iso

        at = iso(self._clock.now())
        fields = {"at": at, "level": level, "message": message}
        line = objects.line(fields).rstrip("\n") if self._json else terminal(f"{at} {message}")
        streams.say(line)
