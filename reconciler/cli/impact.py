"""`reconciler impact`: a release -> whom it hits and when, and what accounts have to fill in."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from reconciler.model.impact import Impact
    from reconciler.settings import Settings


@click.command()
@click.argument("pack")
@click.argument("version")
@options.repository
@options.revision
@click.option("--worktree", is_flag=True, help="Read the working tree instead of a revision.")
@options.link
@options.reads_revision("text", "json", "markdown")
def command(
    pack: str,
    version: str,
    worktree: bool,
    link: str | None,
    settings: "Settings",
    format_: str,
) -> int:
    """Show whom a release hits and when, what changes, and what accounts have to fill in.

    VERSION is a release that the revision declares, also one that is pending or current already.
    Without a store the counts are those of the manifests alone.

    \b
    Examples:
      reconciler impact stock-levels 2.1.0
      reconciler impact stock-levels 2.1.0 --revision origin/main --format markdown
      reconciler impact stock-levels 2.1.0 --worktree --format json | jq .gaps
    """
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.steps.weighing import release_impact
    from reconciler.wiring import open_world

    if worktree and settings.revision is not None:
        raise click.UsageError("--worktree and --revision exclude each other")
    with open_world(settings, store="optional") as world:
        with progress() as world.progress:
            found, zone = release_impact(world, pack, version, worktree=worktree)
        if settings.revision is None and not worktree:
            output.note_uncommitted(world.source, "looked at (--worktree reads them)")
        at = world.clock.now()
    output.write(_rendered(found, zone, at, format_, link))
    return 0


def _rendered(
    found: "Impact", zone: "ZoneInfo", at: datetime, format_: str, link: str | None
) -> str:
    from reconciler.cli import output
    from reconciler.report import objects
    from reconciler.report.impact import json, markdown, text
    from reconciler.report.page import Links

    match format_:
        case "json":
            return objects.document(json.fields(found, zone))
        case "markdown":
            return markdown.render(found, zone, at, Links(link))
        case _:
            return text.render(found, zone, at, output.style())
