"""`reconciler run`: a schedule -> pass after pass, until the process is asked to stop."""

import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.cli.progress import Lines
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import PassOutcome
    from reconciler.settings import Settings
    from reconciler.wiring import OpenedWorld


@click.command()
@options.repository
@click.option(
    "--schedule",
    required=True,
    metavar="CRON",
    help="When to look for a new revision: five fields, in the publisher's zone.",
)
@click.option(
    "--full-every",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="PASSES",
    help="One of so many passes of this process looks at everything, as apply --full does.",
)
@click.option("--ref", metavar="BRANCH", help="The branch to follow.  [default: HEAD]")
@options.makes_passes("text", "json")
def command(
    schedule: str,
    full_every: int,
    settings: "Settings",
    format_: str,
) -> int:
    """Fetch and reconcile again and again.

    Makes a pass at each tick of the schedule, and whenever something is due: a window opens, a
    freeze or a hold ends. Each pass is one line of log on stderr, with --format json one object;
    a long one says every ten seconds how far it is. Trouble does not end the loop; SIGTERM ends it
    cleanly, after the pass that it is in.

    \b
    Examples:
      reconciler run --schedule "*/5 * * * *"
      reconciler run https://git.example/acme.git --ref main --schedule "*/15 * * * *"
    """
    from reconciler.loop import run
    from reconciler.wiring import open_world

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with open_world(settings, store="create") as world:
        world.progress = _long_work(world, format_)
        run(world, schedule, stop, _teller(world, format_), full_every=full_every)
    return 0


def _long_work(world: "OpenedWorld", format_: str) -> "Lines":
    """Logs how far a long fan-out is, every ten seconds."""
    from reconciler.cli import streams
    from reconciler.cli.progress import Lines
    from reconciler.report import fan_outs, objects

    def tell(stand: fan_outs.Stand) -> None:
        at = world.clock.now()
        if format_ == "json":
            streams.say(objects.line(fan_outs.stand_fields(stand, at)).rstrip("\n"))
        else:
            streams.say(fan_outs.stand_text(stand, at))

    return Lines(tell)


def _teller(
    world: "OpenedWorld", format_: str
) -> "Callable[[PassOutcome | ReconcilerError], None]":
    """Logs each pass in one line on stderr."""
    from reconciler.cli import streams
    from reconciler.cli.reading import zone_of
    from reconciler.report import objects, passes

    def tell(told: "PassOutcome | ReconcilerError") -> None:
        at, zone = world.clock.now(), zone_of(world.store)
        if format_ == "json":
            streams.say(objects.line(passes.fields(told, at, zone)).rstrip("\n"))
        else:
            streams.say(passes.text(told, at, zone))

    return tell
