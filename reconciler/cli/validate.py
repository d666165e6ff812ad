"""`reconciler validate`: a revision, or the working tree -> its findings."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.model.outcome import Judgement


@click.command()
@options.repository
@options.revision
@click.option("--base", metavar="R", help="Judge changes against this revision.")
@click.option("--worktree", is_flag=True, help="Read the files as they lie on disk.")
@options.signed
@options.reads_store("text", "json", "github", "sarif", "junit")
def command(
    repo: str,
    revision: str | None,
    base: str | None,
    worktree: bool,
    require_signed: Path | None,
    revoked_keys: Path | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Check the manifests of a revision, or of the working tree.

    Prints every finding with its place, what is wrong and what to do. Needs no store and creates
    none; given one that exists, changes are judged against the revision that it has applied,
    unless --base says otherwise. Exits 3 when there are errors.

    \b
    Examples:
      reconciler validate
      reconciler validate --worktree
      reconciler validate --base origin/main --format github
    """
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.reconcile import validate
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if worktree and revision is not None:
        raise click.UsageError("--worktree and --revision exclude each other")
    if worktree and options.given("require_signed"):
        raise click.UsageError("a working tree has no signature: leave out --require-signed")
    settings = Settings(
        repository=repo,
        store_url=store,
        revision=revision,
        now=now,
        allowed_signers=require_signed,
        revoked_keys=revoked_keys,
    )
    with open_world(settings, store="optional") as world:
        started = time.perf_counter()
        with progress() as world.progress:
            judgement = validate(world, base=base, worktree=worktree)
        seconds = time.perf_counter() - started
        if not worktree and revision is None:
            output.note_uncommitted(world.source, "validated (--worktree reads them)")
    output.write(_rendered(judgement, format_, repo, seconds))
    return 0 if judgement.valid else 3


def _rendered(judgement: "Judgement", format_: str, repo: str, seconds: float) -> str:
    from reconciler.cli import output
    from reconciler.report import objects
    from reconciler.report.validation import github, json, junit, sarif, text

    match format_:
        case "json":
            return objects.document(json.fields(judgement))
        case "github":
            return github.render(judgement, _folder_in_checkout(repo))
        case "sarif":
            from reconciler.desired.rules import RULES

            summaries = {rule.id: rule.summary for rule in RULES}
            return sarif.render(judgement, summaries, _folder_in_checkout(repo))
        case "junit":
            return junit.render(judgement)
        case _:
            return text.render(judgement, output.style(), seconds)


def _folder_in_checkout(repo: str) -> str:
    """Where the publisher root lies in its working copy, for readers that show the whole of it."""
    root = Path(repo).absolute()
    for folder in (root, *root.parents):
        if (folder / ".git").exists():
            found = root.relative_to(folder).as_posix()
            return "" if found == "." else found
    return ""
