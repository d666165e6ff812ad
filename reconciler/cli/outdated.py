"""`reconciler outdated`: a revision -> packs with newer components, and a branch for each."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import authoring, options

if TYPE_CHECKING:
    from reconciler.cli.authoring import Desk
    from reconciler.desired.authoring import ReleaseDraft
    from reconciler.desired.outdated import OutdatedPack
    from reconciler.report.outdated import Proposed

CHANGES_PENDING = 2
TRAILER = "Prepared-By: reconciler outdated"


@click.command()
@options.repository
@click.option(
    "--write", is_flag=True, help="Prepare a release of each pack, on a branch of its own."
)
@click.option("--immediate", is_flag=True, help="With --write: as soon as it is applied.")
@click.option("--on", "date", metavar="DATE", help="With --write: in the window of this date.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when a pack is outdated.")
@options.reads_store("text", "json")
def command(
    repo: str,
    write: bool,
    immediate: bool,
    date: str | None,
    detailed_exitcode: bool,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """List packs with newer shareable components than their newest release has.

    HEAD is read; a store is not needed. --write makes a branch outdated/PACK for each pack, with
    one commit that adds the release. Run again, it leaves a branch that is as it should be, and
    makes one anew when there is more to release, unless somebody else committed on it. A pack with
    a pending release is skipped. Nothing is released by itself, and nothing is pushed.

    \b
    Examples:
      reconciler outdated
      reconciler outdated --write --on 2026-12-08
      reconciler outdated --format json | jq -r '.packs[].name'
    """
    from reconciler.cli import output
    from reconciler.desired.outdated import outdated
    from reconciler.report import objects
    from reconciler.report import outdated as report
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if write == (not immediate and date is None) or (immediate and date is not None):
        raise click.UsageError(
            "--write takes either --immediate or --on DATE, and nothing else does"
        )
    settings = Settings(repository=repo, store_url=store, now=now)
    with open_world(settings, store="optional") as world:
        output.note_uncommitted(world.source, "looked at")
        desk = authoring.Desk(world, authoring.BY_DEFAULT)
        packs = outdated(desk.tree, desk.base, desk.at)
        proposed = _proposed(desk, packs, date) if write else None
    if format_ == "json":
        output.write(objects.document(report.fields(desk.revision or "", packs, proposed)))
    else:
        output.write(report.text(packs, proposed))
    return CHANGES_PENDING if packs and detailed_exitcode else 0


def _proposed(
    desk: "Desk", packs: "Iterable[OutdatedPack]", date: str | None
) -> dict[str, "Proposed"]:
    """Pack -> the release on its branch, or why there is none. All are judged at once."""
    from reconciler.cli.release import edits_of
    from reconciler.errors import AuthoringRefused
    from reconciler.report.outdated import Proposed

    found: dict[str, Proposed] = {}
    drafts: list[tuple[OutdatedPack, ReleaseDraft]] = []
    for pack in packs:
        try:
            drafts.append((pack, _draft(desk, pack, date)))
        except AuthoringRefused as refusal:
            found[pack.name] = Proposed(skipped=refusal.message)
    edits = {pack.name: edits_of(desk, draft) for pack, draft in drafts}
    errors = desk.errors({path: to for each in edits.values() for path, to in each.items()})
    for pack, draft in drafts:
        own = [error for error in errors if error.path in edits[pack.name]]
        if own:
            found[pack.name] = Proposed(skipped=f"{own[0].rule}: {own[0].message}")
        else:
            found[pack.name] = _on_branch(desk, pack, draft)
    return found


def _draft(desk: "Desk", pack: "OutdatedPack", date: str | None) -> "ReleaseDraft":
    """Raises AuthoringRefused where nothing should be proposed."""
    from reconciler.desired.authoring import ReleaseWish, release_draft
    from reconciler.errors import AuthoringRefused

    if pack.pending is not None:
        raise AuthoringRefused(f"{pack.pending} is pending")
    if pack.retired:
        raise AuthoringRefused("the pack is retired")
    wish = ReleaseWish(pack=pack.name, date_text=date)
    return release_draft(desk.tree, desk.base, wish, desk.at)


def _on_branch(desk: "Desk", pack: "OutdatedPack", draft: "ReleaseDraft") -> "Proposed":
    from reconciler.cli.release import edits_of, message_of
    from reconciler.errors import BranchKept
    from reconciler.report import outdated as report

    message = message_of(desk, draft, also=report.notes(pack.components), trailer=TRAILER)
    try:
        delivered = desk.commit(
            edits_of(desk, draft), message, f"outdated/{pack.name}", renewable=TRAILER
        )
    except BranchKept as kept:
        return report.Proposed(skipped=kept.message)
    return report.Proposed(version=draft.release.version, delivered=delivered)
