"""`reconciler history`: the store -> a line for each move of an attachment."""

from datetime import datetime

import click

from reconciler.cli import options


@click.command()
@click.option("--account", help="Only moves of this account's attachments.")
@click.option("--pack", help="Only moves of this pack's attachments.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the newest so many.")
@options.reads_store("text", "json")
def command(
    account: str | None,
    pack: str | None,
    limit: int | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """List the moves of attachments from release to release, oldest first.

    --format json prints JSON Lines: one object a line.

    \b
    Examples:
      reconciler history --account globex
      reconciler history --pack order-to-cash --limit 20
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened, zone_of
    from reconciler.report import objects, record

    with opened(store, now) as (found, _):
        zone = zone_of(found)
        for line in found.history(account=account, pack=pack, limit=limit):
            as_json = format_ == "json"
            fields = objects.line(record.history_fields(line)) if as_json else ""
            if not output.write(fields or record.history_line(line, zone) + "\n"):
                break
    return 0
