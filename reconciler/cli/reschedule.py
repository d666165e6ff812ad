"""`reconciler reschedule`: a pack and a date -> its pending release's manifest with that date."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import authoring, options, questions

if TYPE_CHECKING:
    from reconciler.cli.authoring import Desk
    from reconciler.desired.pending import Rescheduling
    from reconciler.model.branches import Edits


@click.command()
@click.argument("pack", required=False)
@options.repository
@click.option("--immediate", is_flag=True, help="Release as soon as it is applied.")
@click.option("--on", "date", metavar="DATE", help="Release in the window of this date.")
@click.option("--emergency", is_flag=True, help="Not held back by freezes.")
@authoring.branch_option
@questions.yes_option
@options.reads_store("text", "json")
def command(
    pack: str | None,
    repo: str,
    immediate: bool,
    date: str | None,
    emergency: bool,
    branch: str | None,
    yes: bool,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Give the pending release of a pack another date.

    Edits the release's manifest in the working copy, keeps comments and order, and commits
    nothing; with --branch it commits on a new branch instead. The testing period goes on, and who
    adopted the release keeps it. What is promoted keeps its schedule.

    \b
    Examples:
      reconciler reschedule stock-levels --on 2026-12-08
      reconciler reschedule stock-levels --immediate --branch
    """
    from reconciler.desired.pending import rescheduling
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if immediate and date is not None:
        raise click.UsageError("say when: either --immediate or --on DATE")
    settings = Settings(repository=repo, store_url=store, now=now)
    with open_world(settings, store="optional") as world:
        desk = authoring.Desk(world, branch)
        asked = pack is None or not (immediate or date)
        pack = pack if pack is not None else asked_pack(desk)
        if not (immediate or date):
            questions.needed("say when: either --immediate or --on DATE")
            date = questions.ask_when(desk, pack, emergency=emergency)
        moved = rescheduling(
            desk.tree, desk.base, pack, desk.at, date_text=date, emergency=emergency
        )
        edits = _edits(desk, moved)
        if asked and not yes and not questions.confirmed(authoring.preview(edits)):
            return 1
        _deliver(desk, moved, edits, format_)
    return 0


def asked_pack(desk: "Desk") -> str:
    """A pack with a pending release, chosen on a terminal."""
    from reconciler.desired.pending import packs_pending
    from reconciler.errors import AuthoringRefused

    questions.needed("say which pack: PACK is missing")
    packs = packs_pending(desk.tree, desk.base, desk.at)
    if not packs:
        raise AuthoringRefused("no pack has a pending release")
    return questions.choose("pack", packs)


def _edits(desk: "Desk", moved: "Rescheduling") -> "Edits":
    from reconciler.model.declarations import Kind

    before, after = moved.before, moved.after
    fields: dict[tuple[str, ...], object] = {}
    if after.date_text is None:
        fields["spec", "schedule"] = "immediate"
    elif before.date_text is None:
        fields["spec", "schedule"] = {"date": after.date_text}
    else:
        fields["spec", "schedule", "date"] = after.date_text
    if after.emergency != before.emergency:
        fields["spec", "emergency"] = after.emergency
    return desk.set_fields(Kind.RELEASE, f"{after.pack}@{after.version}", fields)


def _deliver(desk: "Desk", moved: "Rescheduling", edits: "Edits", format_: str) -> None:
    from reconciler.cli import output
    from reconciler.report import objects, pending

    release = moved.after
    delivered = desk.deliver(
        edits,
        pending.rescheduled_message(moved, desk.zone, desk.reached(release.pack)),
        f"reschedule/{release.pack}-{authoring.path_part(release.version)}",
    )
    if format_ == "json":
        output.write(objects.document(pending.rescheduled_fields(moved, delivered)))
    else:
        output.write(pending.rescheduled_text(moved, delivered, desk.zone, desk.at))
