"""`reconciler plan`: a revision and the store -> what apply would do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from reconciler.cli import options
from reconciler.cli.output_files import OutputFile, first_that_fits, output_files, write_all

if TYPE_CHECKING:
    from reconciler.errors import ReconcilerError
    from reconciler.model.outcome import PassOutcome
    from reconciler.report.layout import Style
    from reconciler.settings import Settings

CHANGES_PENDING = 2
_FORMATS = ("text", "json", "markdown")
_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/]|-(?!-)){0,99}")


class _Key(click.ParamType[str]):
    """What stands in an HTML comment without ending it."""

    name = "KEY"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if _KEY.fullmatch(value) is None:
            self.fail(f"{value!r} is no key, such as emea/packs", param, ctx)
        return value


class _Shown(NamedTuple):
    """A plan, and what its formats take beside it: time, store's name, key of the comment, link.

    `unwritten`: why a file of --output could not be written.
    """

    outcome: "PassOutcome"
    at: datetime
    store: str
    key: str | None
    link: str | None
    unwritten: "ReconcilerError | None" = None


@click.command()
@options.repository
@options.revision
@click.option(
    "--base",
    metavar="R",
    help="Show what the revision does beyond this one, as if it were applied.",
)
@click.option(
    "--out",
    is_eager=True,  # --output asks whether it names the same file
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to a file, for apply --plan.",
)
@output_files(*_FORMATS)
@click.option(
    "--comment-key",
    type=_Key(),
    help="Tells this comment from others on one pull request; goes into its marker.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@options.link
@options.reads_revision(*_FORMATS)
def command(
    base: str | None,
    out: Path | None,
    outputs: tuple[OutputFile, ...],
    comment_key: str | None,
    detailed_exitcode: bool,
    link: str | None,
    settings: "Settings",
    format_: str,
) -> int:
    """Show what apply would do, and change nothing.

    Without a store it plans from empty. --format markdown is made for a comment on a pull request,
    with a marker in its first line. With --base it plans from the install base as it would be had
    that revision been applied just now; without a store, attachments are then counted from
    manifests only. Exits as apply would: 3 when the manifests have errors, 4 when a limit refuses
    the plan.

    \b
    Examples:
      reconciler plan
      reconciler plan --out plan.json && reconciler apply --plan plan.json
      reconciler plan --base origin/main --output markdown=comment.md --output json=plan.json
      reconciler plan --snapshot install-base.jsonl --format markdown
      reconciler plan --detailed-exitcode || echo "something is pending"
    """
    from reconciler.cli import output
    from reconciler.cli.plan_file import write_text
    from reconciler.report.layout import PLAIN

    if out is not None and base is not None:
        raise click.UsageError("--out and --base exclude each other: apply starts from the store")
    with _previewed(settings, base, comment_key, link) as shown:
        if out is not None:
            write_text(out, _rendered(shown, "json", PLAIN))
        unwritten = write_all(outputs, lambda format_: _rendered(shown, format_, PLAIN))
        output.write(_rendered(shown._replace(unwritten=unwritten), format_, output.style()))
    outcome = shown.outcome
    output.tell_outcome(outcome, in_text=format_ == "text")
    written = 0 if unwritten is None else unwritten.exit_code
    pending = detailed_exitcode and outcome.plan is not None and outcome.plan.changes
    return first_that_fits(outcome.exit_code, written, CHANGES_PENDING if pending else 0)


@contextmanager
def _previewed(
    settings: "Settings", base: str | None, key: str | None, link: str | None
) -> Iterator[_Shown]:
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.reconcile import preview
    from reconciler.wiring import open_world

    with open_world(settings, store="optional") as world:
        with progress() as world.progress:
            outcome = preview(world, beyond=base)
        if settings.revision is None:
            output.note_uncommitted(world.source, "planned")
        store = _name(settings) if world.store is not None else "an empty store"
        yield _Shown(outcome, world.clock.now(), _start(outcome, store), key, link)


def _name(settings: "Settings") -> str:
    from reconciler.store.urls import shown

    if settings.snapshot is not None:
        return "the snapshot" if str(settings.snapshot) == "-" else settings.snapshot.name
    return shown(settings.store_url).rpartition("/")[2]


def _start(outcome: "PassOutcome", store: str) -> str:
    """What the plan is made against, in words."""
    from reconciler.report.words import short

    told = outcome.plan_base
    if told is None or told.revision is None or not told.is_supposed:
        return store
    return f"{store} with {short(told.revision)} applied"


def _rendered(shown: _Shown, format_: str, style: "Style") -> str:
    from reconciler.report import objects
    from reconciler.report.page import Links
    from reconciler.report.plan import json, markdown, text

    match format_:
        case "json":
            fields = json.plan_fields(shown.outcome, shown.at)
            failed, code = shown.unwritten, shown.outcome.exit_code
            if failed is not None and first_that_fits(failed.exit_code, code) != code:
                fields["error"] = objects.error(failed)
            return objects.document(fields)
        case "markdown":
            return markdown.render(shown.outcome, shown.key, Links(shown.link))
        case _:
            return text.render(shown.outcome, shown.store, style)
