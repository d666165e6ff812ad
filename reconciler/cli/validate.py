"""`reconciler validate`: a revision, or the working tree -> its findings."""

import time
from typing import TYPE_CHECKING, NamedTuple

import click

from reconciler.cli import options
from reconciler.cli.output_files import OutputFile, first_that_fits, output_files, write_all

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import Judgement
    from reconciler.report.layout import Style
    from reconciler.settings import Settings

_FORMATS = ("text", "json", "github", "sarif", "junit", "markdown")


class _Judged(NamedTuple):
    """A judgement, and what its formats take beside it.

    `folder`: where the publisher root lies in its repository, "" for the top. `unwritten`: why a
    file of --output could not be written.
    """

    judgement: "Judgement"
    folder: str
    seconds: float
    unwritten: "ReconcilerError | None" = None


@click.command()
@options.repository
@options.revision
@click.option("--base", metavar="R", help="Judge changes against this revision.")
@click.option("--worktree", is_flag=True, help="Read the files as they lie on disk.")
@output_files(*_FORMATS)
@options.reads_revision(*_FORMATS)
def command(
    base: str | None,
    worktree: bool,
    outputs: tuple[OutputFile, ...],
    settings: "Settings",
    format_: str,
) -> int:
    """Check the manifests of a revision, or of the working tree.

    Prints every finding with its place, what is wrong and what to do. Needs no store and creates
    none; given one that exists, changes are judged against the revision that it has applied,
    unless --base says otherwise. With --base, what is new is told apart from what was wrong
    before. Exits 3 when there are errors, new or not.

    \b
    Examples:
      reconciler validate
      reconciler validate --worktree
      reconciler validate --base origin/main --format github
      reconciler validate --output sarif=findings.sarif --output junit=findings.xml
    """
    from reconciler.cli import output
    from reconciler.report.layout import PLAIN

    if worktree and settings.revision is not None:
        raise click.UsageError("--worktree and --revision exclude each other")
    if worktree and options.given("require_signed"):
        raise click.UsageError("a working tree has no signature: leave out --require-signed")
    judged = _judged(settings, base, worktree)
    unwritten = write_all(outputs, lambda format_: _rendered(judged, format_, PLAIN))
    output.write(_rendered(judged._replace(unwritten=unwritten), format_, output.style()))
    written = 0 if unwritten is None else unwritten.exit_code
    return first_that_fits(written, 0 if judged.judgement.valid else 3)


def _judged(settings: "Settings", base: str | None, worktree: bool) -> _Judged:
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.reconcile import validate
    from reconciler.wiring import open_world

    with open_world(settings, store="optional") as world:
        started = time.perf_counter()
        with progress() as world.progress:
            judgement = validate(world, base=base, worktree=worktree)
        seconds = time.perf_counter() - started
        if not worktree and settings.revision is None:
            output.note_uncommitted(world.source, "validated (--worktree reads them)")
        return _Judged(judgement, world.source.folder, seconds)


def _rendered(judged: _Judged, format_: str, style: "Style") -> str:
    from reconciler.report import objects
    from reconciler.report.validation import github, json, junit, markdown, sarif, text

    judgement = judged.judgement
    match format_:
        case "json":
            return objects.document(json.fields(judgement, judged.unwritten))
        case "github":
            return github.render(judgement, judged.folder)
        case "sarif":
            from reconciler.desired.rules import RULES

            return sarif.render(judgement, RULES, judged.folder)
        case "junit":
            return junit.render(judgement)
        case "markdown":
            return markdown.render(judgement, judged.seconds)
        case _:
            return text.render(judgement, style, judged.seconds)
