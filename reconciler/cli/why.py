"""`reconciler why`: an account and a pack -> why it runs what it runs."""

from datetime import datetime

import click

from reconciler.cli import options


@click.command()
@click.argument("account")
@click.argument("pack")
@click.option("--instance", help="One of several attachments of the pack.")
@options.reads_store("text", "json")
def command(
    account: str,
    pack: str,
    instance: str | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Say why an account runs what it runs, and what comes next.

    Answers too for a pack that the account does not have. --format json prints JSON Lines: one
    object for each attachment of the pack.

    \b
    Examples:
      reconciler why globex stock-levels
      reconciler why globex stock-levels --instance paris
    """
    from reconciler.cli import output
    from reconciler.cli.reading import applied_base, deliveries_of, opened
    from reconciler.desired.why import explanations
    from reconciler.report import objects
    from reconciler.report import why as report

    with opened(store, now) as (found, at):
        base = applied_base(found)
        delivered = deliveries_of(found, at, account).of
        told = explanations(base, account, pack, at, instance, delivered)
    if format_ == "json":
        for explained in told:
            output.write(objects.line(report.fields(explained, at)))
    else:
        style = output.style()
        output.write("\n".join(report.text(explained, at, style) for explained in told))
    return 0
