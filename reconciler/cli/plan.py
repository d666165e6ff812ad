"""`reconciler plan`: a revision and the store -> what apply would do."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.model.outcome import PassOutcome

CHANGES_PENDING = 2


@click.command()
@options.repository
@options.revision
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to a file, for apply --plan.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@options.signed
@options.reads_store("text", "json", "markdown")
def command(
    repo: str,
    revision: str | None,
    out: Path | None,
    detailed_exitcode: bool,
    require_signed: Path | None,
    revoked_keys: Path | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Show what apply would do, and change nothing.

    Without a store it plans from empty. --format markdown is made for a comment on a pull request.
    Exits as apply would: 3 when the manifests have errors, 4 when a limit refuses the plan.

    \b
    Examples:
      reconciler plan
      reconciler plan --out plan.json && reconciler apply --plan plan.json
      reconciler plan --revision origin/main --format markdown
      reconciler plan --detailed-exitcode || echo "something is pending"
    """
    from reconciler.cli import output
    from reconciler.cli.plan_file import write_text
    from reconciler.cli.progress import progress
    from reconciler.reconcile import preview
    from reconciler.report import objects
    from reconciler.report.plan import json
    from reconciler.settings import Settings
    from reconciler.store.urls import shown
    from reconciler.wiring import open_world

    settings = Settings(
        repository=repo,
        store_url=store,
        revision=revision,
        now=now,
        allowed_signers=require_signed,
        revoked_keys=revoked_keys,
    )
    with open_world(settings, store="optional") as world:
        with progress() as world.progress:
            outcome = preview(world)
        fields = json.plan_fields(outcome, world.clock.now())
        label = shown(store) if world.store is not None else "an empty store"
        if revision is None:
            output.note_uncommitted(world.source, "planned")
    if out is not None:
        write_text(out, objects.document(fields))
    output.write(objects.document(fields) if format_ == "json" else _text(outcome, label, format_))
    output.tell_outcome(outcome, in_text=format_ == "text")
    pending = detailed_exitcode and outcome.plan is not None and outcome.plan.changes
    return outcome.exit_code or (CHANGES_PENDING if pending else 0)


def _text(outcome: "PassOutcome", label: str, format_: str) -> str:
    from reconciler.cli import output
    from reconciler.report.plan import markdown, text

    if format_ == "markdown":
        return markdown.render(outcome)
    return text.render(outcome, label.rpartition("/")[2], output.style())
