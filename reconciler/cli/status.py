"""`reconciler status`: the store -> what every pack's attachments run."""

from datetime import datetime

import click

from reconciler.cli import options


@click.command()
@options.reads_store("text", "json")
def command(store: str, now: datetime | None, format_: str) -> int:
    """Show what runs: every pack with its releases and attachments.

    \b
    Examples:
      reconciler status
      reconciler status --format json | jq '.packs[] | select(.pending)'
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.desired.status import status
    from reconciler.report import objects
    from reconciler.report import status as report
    from reconciler.report.words import short
    from reconciler.store import deliveries_of

    with opened(store, now) as (found, at):
        overview = status(found.base(), at)
        refusal = found.last_refusal()
        behind = deliveries_of(found).behind()
    trouble = None
    if refusal is not None:
        cause = refusal.message.replace(f"revision {refusal.revision[:12]}", "it")
        trouble = f"revision {short(refusal.revision)} was refused: {cause}"
    if format_ == "json":
        output.write(objects.document(report.fields(overview, trouble, behind)))
    else:
        output.write(report.text(overview, trouble, at, output.style(), behind))
    return 0
