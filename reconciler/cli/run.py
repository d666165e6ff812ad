"""`reconciler run`: a schedule -> pass after pass, until the process is asked to stop."""

import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import PassOutcome
    from reconciler.wiring import OpenedWorld


@click.command()
@options.repository
@click.option(
    "--schedule",
    required=True,
    metavar="CRON",
    help="When to look for a new revision: five fields, in the publisher's zone.",
)
@click.option("--ref", metavar="BRANCH", help="The branch to follow.  [default: HEAD]")
@options.actor
@options.reads_store("text", "json")
def command(
    repo: str,
    schedule: str,
    ref: str | None,
    actor: str,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Fetch and reconcile again and again.

    Makes a pass at each tick of the schedule, and whenever something is due: a window opens, a
    freeze or a hold ends. Trouble is told and does not end the loop; SIGTERM ends it cleanly,
    after the transaction that it is in.

    \b
    Examples:
      reconciler run --schedule "*/5 * * * *"
      reconciler run https://git.example/acme.git --ref main --schedule "*/15 * * * *"
    """
    from reconciler.loop import run
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings(repository=repo, store_url=store, ref=ref, now=now, actor=actor)
    with open_world(settings, store="create") as world:
        run(world, schedule, stop, _teller(world, format_))
    return 0


def _teller(
    world: "OpenedWorld", format_: str
) -> "Callable[[PassOutcome | ReconcilerError], None]":
    """Tells each pass on stdout, trouble on stderr; what repeats itself is told once."""
    from reconciler.cli import output
    from reconciler.cli.reading import zone_of
    from reconciler.errors import ReconcilerError
    from reconciler.report import objects
    from reconciler.report.plan import json, verdict

    last: list[str] = [""]

    def tell(outcome: "PassOutcome | ReconcilerError") -> None:
        if isinstance(outcome, ReconcilerError):
            if outcome.message != last[0]:
                output.tell(outcome)
            last[0] = outcome.message
            return
        at = world.clock.now()
        text = verdict.render(outcome, at, output.style(), zone=zone_of(world.store))
        told = f"{outcome.revision} {outcome.in_force} {outcome.error}"
        if outcome.run is None and told == last[0]:
            return
        last[0] = told
        fields = json.apply_fields(outcome, at)
        output.write(objects.line(fields) if format_ == "json" else text)
        output.tell_outcome(outcome, in_text=format_ == "text")
        sys.stdout.flush()

    return tell
