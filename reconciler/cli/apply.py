"""`reconciler apply`: a revision -> the install base made so, in one pass."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.settings import Settings


@click.command()
@options.repository
@options.revision
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Apply only if this saved plan is still the plan.",
)
@click.option("--allow-destructive", is_flag=True, help="Pass over the publisher's limits.")
@click.option("--allow-rewind", is_flag=True, help="Accept a revision that does not descend.")
@click.option(
    "--full",
    is_flag=True,
    help="Look at everything, not only at what changed, and tell if that was not enough.",
)
@click.option(
    "--lease-wait",
    type=click.FloatRange(min=0, max=86_400),
    default=35.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another reconciler.",
)
@options.makes_passes("text", "json")
def command(
    plan_file: Path | None,
    full: bool,
    settings: "Settings",
    format_: str,
) -> int:
    """Make the install base what a revision says: one pass.

    Immediate releases go out at once, scheduled ones when their window has opened. A revision with
    errors, or over a limit, is refused as a whole; what is due under the applied one is carried
    out all the same. Killed at any moment, the next pass finishes the rest.

    A pass looks at what differs from the applied revision, and at what is due. With --full it
    reads, judges and compares everything: should that come to another plan, the full one is carried
    out, and an event says so. Only the packs that a pass looked at are told as waiting; reconciler
    plan tells all.

    A pass does not wait for the runtimes of accounts that have an agent: while some of them fail,
    or are overdue, what was applied ends with code 7.

    \b
    Examples:
      reconciler apply
      reconciler apply --plan plan.json
      reconciler apply --store sqlite:////var/lib/reconciler/install-base.db
    """
    from reconciler.cli.plan_file import read_plan

    expected = None if plan_file is None else read_plan(plan_file)
    return _pass(settings, expected, full, format_)


def _pass(
    settings: "Settings", expected: "Mapping[str, Any] | None", full: bool, format_: str
) -> int:
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.cli.reading import zone_of
    from reconciler.report import objects
    from reconciler.report.plan import json, verdict
    from reconciler.steps.idle import asked_for, nothing_to_do
    from reconciler.store import failing_deliveries
    from reconciler.wiring import open_world

    with open_world(settings, store="create", reads_first=True) as world:
        started = time.perf_counter()
        asked = asked_for(world)
        outcome = None if expected or full else nothing_to_do(world, asked)
        if outcome is None:
            from reconciler.reconcile import reconcile

            with progress() as world.progress:
                outcome = reconcile(world, expected=expected, complete=full, asked=asked)
        seconds = time.perf_counter() - started
        assert world.store is not None, "a store was demanded"
        outcome = replace(outcome, failing_deliveries=failing_deliveries(world.store))
        at, zone = world.clock.now(), zone_of(world.store)
        if settings.revision is None and outcome.revision is not None:
            output.note_uncommitted(world.source, "applied")
    if format_ == "json":
        output.write(objects.document(json.apply_fields(outcome, at)))
    else:
        output.write(verdict.render(outcome, at, output.style(), seconds, zone))
    output.tell_outcome(outcome, in_text=format_ == "text")
    return outcome.exit_code
