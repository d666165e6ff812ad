"""`reconciler withdraw`: a pack -> the repository without the manifest of its pending release."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from reconciler.cli import authoring, options, questions

if TYPE_CHECKING:
    from reconciler.cli.authoring import Desk
    from reconciler.desired.pending import Withdrawal


@click.command()
@click.argument("pack", required=False)
@options.repository
@authoring.branch_option
@questions.yes_option
@options.reads_store("text", "json")
def command(
    pack: str | None,
    repo: str,
    branch: str | None,
    yes: bool,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Take the pending release of a pack back, by deleting its manifest.

    Deletes the manifest in the working copy (of a file with several just that one) and commits
    nothing; with --branch it commits on a new branch instead. Who adopted the release goes back to
    the current one when that is applied; a store that exists says who that is. A release that is
    promoted can't be withdrawn: go back with reconciler release --like.

    \b
    Examples:
      reconciler withdraw stock-levels
      reconciler withdraw stock-levels --branch withdraw-stock
    """
    from reconciler.cli.reschedule import asked_pack
    from reconciler.desired.pending import withdrawal
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    settings = Settings(repository=repo, store_url=store, now=now)
    with open_world(settings, store="optional") as world:
        desk = authoring.Desk(world, branch)
        asked = pack is None
        pack = pack if pack is not None else asked_pack(desk)
        gone = withdrawal(desk.tree, desk.base, pack, desk.at)
        if asked and not yes:
            from reconciler.report.pending import withdrawn_message

            if not questions.confirmed(withdrawn_message(gone), "Withdraw it?"):
                return 1
        _deliver(desk, gone, format_)
    return 0


def _deliver(desk: "Desk", gone: "Withdrawal", format_: str) -> None:
    from reconciler.cli import output
    from reconciler.manifests.removal import without
    from reconciler.report import objects, pending

    release, origin = gone.release, gone.origin
    left = without(desk.text(origin.path), origin.document, origin.item)
    delivered = desk.deliver(
        {origin.path: None if left is None else left.encode("utf-8")},
        pending.withdrawn_message(gone),
        f"withdraw/{release.pack}-{authoring.path_part(release.version)}",
    )
    if format_ == "json":
        output.write(objects.document(pending.withdrawn_fields(gone, delivered)))
    else:
        output.write(pending.withdrawn_text(gone, delivered, whole=left is None))
