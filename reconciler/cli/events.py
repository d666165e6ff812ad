"""`reconciler events`: the store -> a line for each entry of the audit log."""

from datetime import datetime

import click

from reconciler.cli import options


@click.command()
@click.option("--account", help="Only events of this account.")
@click.option("--pack", help="Only events of this pack.")
@click.option("--since", type=options.Instant(), help="Only events from this time on.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@options.reads_store("text", "json")
def command(
    account: str | None,
    pack: str | None,
    since: datetime | None,
    limit: int | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """List the audit log, oldest first: what was done, why, by whom, under which revision.

    --format json prints JSON Lines: one object a line, each with its place in the hash chain.

    \b
    Examples:
      reconciler events --limit 20
      reconciler events --pack order-to-cash --since 2026-11-01T00:00:00Z --format json
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened, zone_of
    from reconciler.report import objects, record

    with opened(store, now) as (found, _):
        zone = zone_of(found)
        for event in found.events(pack=pack, account=account, since=since, limit=limit):
            as_json = format_ == "json"
            fields = objects.line(record.event_fields(event)) if as_json else ""
            if not output.write(fields or record.event_line(event, zone) + "\n"):
                break
    return 0
