"""`reconciler calendar`: the store -> what will happen without a new commit."""

from datetime import datetime

import click

from reconciler.cli import options


@click.command()
@click.option(
    "--days",
    type=click.IntRange(min=1, max=730),
    default=30,
    show_default=True,
    help="How far ahead to look.",
)
@click.option("--ics", is_flag=True, help="Print an iCalendar file.")
@options.reads_store("text", "json")
def command(days: int, ics: bool, store: str, now: datetime | None, format_: str) -> int:
    """Show what will happen in the next days without a new commit.

    Windows of pending releases with the attachments that they reach, freezes, and the ends of
    holds and suspensions. --format json prints JSON Lines: one object a line.

    \b
    Examples:
      reconciler calendar --days 90
      reconciler calendar --ics > releases.ics
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened, zone_of
    from reconciler.desired.calendar import entries
    from reconciler.report import calendar as report
    from reconciler.report import objects

    if ics and format_ == "json":
        raise click.UsageError("--ics and --format json exclude each other")
    with opened(store, now) as (found, at):
        coming = entries(found.base(), at, days)
        zone, store_id = zone_of(found), found.store_id
    if ics:
        output.write(report.icalendar(coming, store_id, "Integration packs", at))
    elif format_ == "json":
        for entry in coming:
            output.write(objects.line(report.fields(entry)))
    else:
        output.write(report.text(coming, zone, at, days, output.style()))
    return 0
