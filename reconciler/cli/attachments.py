"""`reconciler attachments`: the store -> a line for each attachment."""

from datetime import datetime

import click

from reconciler.cli import options

_STATES = ("not-entitled", "suspended", "held", "waiting", "not-installed", "running")


@click.command()
@click.option("--account", help="Only those of this account.")
@click.option("--pack", help="Only those of this pack.")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@click.option("--drift", is_flag=True, help="Only those whose runtime differs from its target.")
@options.reads_store("text", "json")
def command(
    account: str | None,
    pack: str | None,
    state: str | None,
    drift: bool,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """List attachments with what each runs, should run, and why.

    Of an account with an agent, installed is what its runtime reported and what was verified.
    --format json prints JSON Lines: one object a line.

    \b
    Examples:
      reconciler attachments --pack order-to-cash
      reconciler attachments --state waiting
      reconciler attachments --drift
      reconciler attachments --format json | jq -r 'select(.release != .target) | .account'
    """
    from reconciler.cli import output
    from reconciler.cli.reading import deliveries_of, opened, zone_of
    from reconciler.desired.standing import Standings
    from reconciler.report import attachments as report
    from reconciler.report import objects

    with opened(store, now) as (found, at):
        base = found.base()
        rows = found.attached(account=account, pack=pack) if base.applied is not None else iter(())
        standings = Standings(base, at) if base.applied is not None else None
        deliveries = deliveries_of(found, at, account)
        lines = (
            (row, standing, delivered)
            for row in rows
            if standings is not None
            and (standing := standings.of(row)).state == (state or standing.state)
            and ((delivered := deliveries.of(row)).drift is not None or not drift)
        )
        if format_ == "json":
            for line in lines:
                if not output.write(objects.line(report.fields(*line))):
                    break
        else:
            here = zone_of(found)
            there = (lambda _: here) if standings is None else standings.zone_of
            output.write(report.text(lines, here, there, at, output.style()))
    return 0
