"""`reconciler work`: a store on a server -> rows moved for whatever pass goes on."""

import signal
import threading
from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING

import click

from reconciler.cli import options, streams

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.ports import Clock


@click.command()
@options.store
@click.option(
    "--batch",
    type=click.IntRange(1, 100_000),
    default=10_000,
    show_default=True,
    metavar="N",
    help="How many attachments a transaction moves.",
)
@options.output_format("text", "json")
def command(store: str, batch: int, format_: str) -> int:
    """Help the pass that goes on to move attachments, and wait for the next one.

    For stores on PostgreSQL: start as many as you like, on any machine; none needs the repository.
    One that is killed or cut off leaves nothing behind. Each roll-out that it helped is one line of
    log on stderr, with --format json one object. SIGTERM ends it after the batch that it is in.

    \b
    Example:
      reconciler work --store postgresql://reconciler@db/install_base
    """
    from reconciler.store import help_passes
    from reconciler.wiring import SystemClock

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    help_passes(store, batch=batch, stop=stop, log=_Log(SystemClock(), format_))
    return 0


class _Log:
    """Implements ports.WorkLog: lines on stderr."""

    def __init__(self, clock: "Clock", format_: str) -> None:
        self._clock = clock
        self._json = format_ == "json"
        self._began = 0.0

    def begins(self) -> None:
        self._began = monotonic()

    def helped(self, moved: Sequence[tuple[str, str, int]]) -> None:
        from reconciler.report import fan_outs, objects

        at = self._clock.now()
        for told in fan_outs.helps(tuple(moved), monotonic() - self._began):
            if self._json:
                streams.say(objects.line(fan_outs.help_fields(told, at)).rstrip("\n"))
            else:
                streams.say(fan_outs.help_text(told, at))

    def trouble(self, error: "ReconcilerError") -> None:
        from reconciler.report import objects, passes

        at = self._clock.now()
        if self._json:
            streams.say(objects.line(passes.fields(error, at, None)).rstrip("\n"))
        else:
            streams.say(f"{passes.text(error, at, None)}; trying again")

    def recovered(self) -> None:
        from reconciler.report import objects
        from reconciler.report.times import iso

        at, message = iso(self._clock.now()), "The store can be used again."
        fields = {"at": at, "level": "info", "message": message}
        streams.say(objects.line(fields).rstrip("\n") if self._json else f"{at} {message}")
