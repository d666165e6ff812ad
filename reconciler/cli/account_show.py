"""`reconciler account show`: an account -> what it runs, what comes, and whose values count."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.model.base import InstallBase
    from reconciler.ports import Store
    from reconciler.report.account import Shown

_PACKS_AT_ONCE = 100


@click.command(short_help="Show what an account runs, and whose values count.")
@click.argument("account")
@click.argument("pack", required=False)
@options.reads_store("text", "json")
def show(account: str, pack: str | None, store: str, now: datetime | None, format_: str) -> int:
    """Show what an account runs, what comes next, and for each setting whose value counts.

    Of a secret it says only that it is set. --format json prints JSON Lines: one object for each
    attachment.

    \b
    Examples:
      reconciler account show globex
      reconciler account show globex stock-levels
    """
    from reconciler.cli import output
    from reconciler.cli.reading import opened
    from reconciler.report import account as report
    from reconciler.report import objects

    first = True
    with opened(store, now) as (found, at):
        for shown in _attachments(found, account, pack, at):
            if format_ == "json":
                output.write(objects.line(report.fields(shown, at)))
            else:
                output.write(("" if first else "\n") + report.text(shown, at, output.style()))
            first = False
    if first and format_ == "text":
        output.write("No attachments.\n")
    return 0


def _attachments(
    store: "Store", account: str, pack: str | None, now: datetime
) -> "Iterator[Shown]":
    """In order of pack; a few packs at a time, so that many cost no memory."""
    from reconciler.cli.reading import deliveries_of
    from reconciler.desired.account import shown
    from reconciler.errors import ReconcilerError
    from reconciler.store import views_of

    seen = views_of(store)
    if seen.of_account(account) is None:
        raise ReconcilerError(f'account "{account}" does not exist')
    delivered = deliveries_of(store, now, account).of
    after = ""
    while True:
        packs = seen.packs_of(account, after=after, limit=_PACKS_AT_ONCE)
        if not packs:
            return
        after = packs[-1]
        base: InstallBase | None = seen.of_account(
            account, [name for name in packs if pack in (None, name)]
        )
        if base is not None:
            yield from shown(base, account, now, delivered)
