"""`reconciler notify`: who is told of what, and how; and what became of it."""

import signal
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from reconciler.cli import options, telling

if TYPE_CHECKING:
    from reconciler.notify.post import Ways

_NUMBER = click.IntRange(1, 2**31 - 1)


@click.group(name="notify")
def command() -> None:
    """Notifications: channels of the publisher and of accounts, and what was sent there.

    A channel is told of what happens after it was made. reconciler serve sends; without it,
    reconciler notify run does.
    """


@command.command(short_help="Add a channel, which hears of what happens from now on.")
@click.option("--publisher", is_flag=True, help="Tell the publisher.")
@click.option("--account", metavar="NAME", help="Tell this account, of itself alone.")
@click.option("--webhook", metavar="URL", help="By signed webhooks (Standard Webhooks).")
@click.option("--email", metavar="ADDRESS", help="By mail.")
@click.option("--slack", metavar="URL", help="By an incoming webhook of Slack, or of its kind.")
@click.option(
    "--topic", "topics", metavar="TOPIC", multiple=True, help="Of this alone; repeatable."
)
@telling.allows_private
@options.actor
@options.reads_store("text", "json")
def add(
    publisher: bool,
    account: str | None,
    webhook: str | None,
    email: str | None,
    slack: str | None,
    topics: tuple[str, ...],
    private: bool,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Add a channel. Of a webhook stdout has the secret that it is signed with, shown this once.

    \b
    Examples:
      reconciler notify add --publisher --email releases@example.com --topic refused --topic late
      reconciler notify add --account globex --webhook https://hooks.globex.example/packs
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.desired.channels import channel_draft
    from reconciler.model.notices import ChannelKind
    from reconciler.report import objects
    from reconciler.report.notices import listing
    from reconciler.store import outbox_of

    if publisher == (account is not None):
        raise click.UsageError("say who is told: --publisher, or --account NAME")
    given = {ChannelKind.WEBHOOK: webhook, ChannelKind.EMAIL: email, ChannelKind.SLACK: slack}
    named = [(kind, address) for kind, address in given.items() if address is not None]
    if len(named) != 1:
        raise click.UsageError("say how, once: --webhook URL, --email ADDRESS or --slack URL")
    kind, address = named[0]
    with opened(store, now, writes=True) as (found, at):
        draft = channel_draft(account, kind, address, topics, at, actor, plain_http=private)
        made = outbox_of(found).add_channel(draft)
    if format_ == "json":
        fields = {**listing.channel_fields(made), "secret": made.secret}
        output.write(objects.document(fields))
        return 0
    if made.secret is not None:
        output.write(f"{made.secret}\n")
    output.note(f"{listing.sentence(made)}; try it with reconciler notify test {made.id}")
    return 0


@command.command(short_help="List channels.")
@click.option("--account", metavar="NAME", help="Only those of this account.")
@click.option("--publisher", is_flag=True, help="Only the publisher's own.")
@click.option("--all", "everything", is_flag=True, help="Closed ones, too.")
@options.no_clock
@options.store
@options.output_format("text", "json")
def channels(
    account: str | None, publisher: bool, everything: bool, store: str, format_: str
) -> int:
    """List channels: whose, by what, and of which topics they hear. Secrets are never shown again.

    \b
    Example:
      reconciler notify channels --account globex
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import objects
    from reconciler.report.notices import listing
    from reconciler.store import outbox_of

    with opened(store, None) as (found, _):
        listed = outbox_of(found).channels(_owner(account, publisher), closed=everything)
    if format_ == "json":
        fields = [listing.channel_fields(one) for one in listed]
        output.write(objects.document({"channels": fields}))
    elif listed:
        output.write(listing.channel_table(listed, output.style()))
    else:
        output.note("no channels")
    return 0


@command.command(short_help="Remove a channel.")
@click.argument("number", type=_NUMBER)
@options.actor
@options.reads_store("text", "json")
def remove(number: int, actor: str, store: str, now: datetime | None, format_: str) -> int:
    """Remove a channel: nothing more is sent there, and its secret is gone.

    \b
    Example:
      reconciler notify remove 3
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import objects
    from reconciler.store import outbox_of

    with opened(store, now, writes=True) as (found, at):
        if not outbox_of(found).remove_channel(number, None, at, actor):
            raise _no_channel(number)
    if format_ == "json":
        output.write(objects.document({"number": number, "removed": True}))
    else:
        output.write(f"Channel {number} is removed.\n")
    return 0


@command.command(short_help="Send a test to a channel at once.")
@click.argument("number", type=_NUMBER)
@telling.sends
@options.actor
@options.reads_store("text", "json")
def test(
    number: int,
    ways: "Ways",
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Send a test to a channel at once, and say what its receiver answers. Exits 1 when it failed.

    \b
    Example:
      reconciler notify test 3
    """
    import asyncio

    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.model.notices import Answered
    from reconciler.notify.post import try_channel
    from reconciler.report import objects
    from reconciler.report.escape import terminal
    from reconciler.report.notices import listing
    from reconciler.store import outbox_of

    with opened(store, now) as (found, at):
        channel = outbox_of(found).channel(number)
    if channel is None:
        raise _no_channel(number)
    answer = asyncio.run(try_channel(ways, channel, at, actor))
    taken = answer.answered is Answered.TAKEN
    if format_ == "json":
        output.write(objects.document(listing.answer_fields(answer)))
    elif taken:
        output.write(f"Channel {number} took it.\n")
    else:
        output.write(terminal(f"Channel {number} did not take it: {answer.error}.") + "\n")
    return 0 if taken else 1


@command.command(name="list", short_help="List notifications, newest first.")
@click.option("--account", metavar="NAME", help="Only those of this account.")
@click.option("--publisher", is_flag=True, help="Only the publisher's own.")
@click.option("--channel", type=_NUMBER, help="Only those of this channel.")
@click.option(
    "--state",
    type=click.Choice(["due", "sent", "dead", "moot"]),
    help="dead: it could not be sent; moot: there was nothing to tell any more.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@options.reads_store("text", "json")
def list_(
    account: str | None,
    publisher: bool,
    channel: int | None,
    state: str | None,
    limit: int,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """List notifications with their states, and what receivers said last.

    \b
    Examples:
      reconciler notify list --state dead
      reconciler notify list --account globex --limit 20
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened, zone_of
    from reconciler.model.notices import NotificationState
    from reconciler.report import objects
    from reconciler.report.notices import listing
    from reconciler.store import outbox_of

    with opened(store, now) as (found, at):
        listed = outbox_of(found).notifications(
            _owner(account, publisher),
            state=None if state is None else NotificationState(state),
            channel=channel,
            limit=limit,
        )
        zone = zone_of(found)
    if format_ == "json":
        fields = [listing.notification_fields(one) for one in listed]
        output.write(objects.document({"notifications": fields}))
    elif listed:
        output.write(listing.notification_table(listed, at, zone, output.style()))
    else:
        output.note("no notifications")
    return 0


@command.command(short_help="Send dead notifications again.")
@click.argument("numbers", metavar="NUMBER...", type=click.IntRange(1), nargs=-1)
@options.reads_store("text", "json")
def resend(numbers: tuple[int, ...], store: str, now: datetime | None, format_: str) -> int:
    """Let dead notifications be sent again, under the ids that they had.

    \b
    Example:
      reconciler notify resend 17 18
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.errors import RequestRefused
    from reconciler.report import objects
    from reconciler.store import outbox_of

    if not numbers:
        raise click.UsageError("name at least one NUMBER; reconciler notify list --state dead")
    with opened(store, now, writes=True) as (found, at):
        box = outbox_of(found)
        for number in numbers:
            if not box.resend(number, None, at):
                raise RequestRefused(
                    f"there is no dead notification {number}",
                    "reconciler notify list --state dead lists them",
                )
    if format_ == "json":
        output.write(objects.document({"numbers": list(numbers)}))
    else:
        output.write(f"{len(numbers):,} will be sent again.\n")
    return 0


@command.command(short_help="Send what is due, for those who do not serve.")
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
@telling.reminds
@telling.sends
@options.reads_store("text", "json")
def run(
    once: bool,
    leads: tuple[timedelta, ...],
    ways: "Ways",
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Send notifications until SIGTERM, as reconciler serve does; start as many as you like.

    Each attempt that failed is a line of log on stderr.

    \b
    Examples:
      reconciler notify run --store postgresql://reconciler@db/install_base
      reconciler notify run --once
    """
    from reconciler.cli import output
    from reconciler.notify import dispatch
    from reconciler.report import objects
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    stop = threading.Event()
    with open_world(Settings(store_url=store, now=now), store="existing", writes=True) as world:
        assert world.store is not None, "an existing store was demanded"
        sender, log = telling.dispatcher(world.store, world.clock, ways, leads, format_)
        if not once:
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
            dispatch.run(sender, stop)
            return 0
        dispatch.run_once(sender)
    counts = {state: log.counts[state] for state in ("sent", "due", "dead")}
    if format_ == "json":
        output.write(objects.document(counts))
    else:
        output.write(
            f"{counts['sent']:,} sent, {counts['due']:,} to be tried again,"
            f" {counts['dead']:,} dead.\n"
        )
    return 0


def _owner(account: str | None, publisher: bool) -> str | None:
    from reconciler.model.notices import PUBLISHER

    if publisher and account is not None:
        raise click.UsageError("--publisher and --account exclude each other")
    return PUBLISHER if publisher else account


def _no_channel(number: int) -> Exception:
    from reconciler.errors import RequestRefused

    return RequestRefused(f"there is no channel {number}", "reconciler notify channels lists them")
