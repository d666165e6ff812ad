"""`reconciler store`: what looks after a store."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.ports import Clock
    from reconciler.settings import Settings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(name="store")
def command() -> None:
    """Look after the store: migrate, check, backup, copy, partition, trim, export, rebuild."""


@command.command(short_help="Bring a store to the newest schema version.")
@options.store
@options.output_format("text", "json")
def migrate(store: str, format_: str) -> int:
    """Bring a store to the newest schema version; makes one when there is none.

    \b
    Example:
      reconciler store backup before.db && reconciler store migrate
    """
    from reconciler.store import migrate as migrated
    from reconciler.store.urls import shown

    version = migrated(store)
    return _say(format_, f"{shown(store)} is at schema version {version}.", {"version": version})


@command.command()
@options.store
@options.no_clock
@options.output_format("text", "json")
def check(store: str, format_: str) -> int:
    """Verify the file, the chain of events and every invariant. Exits 1 when something is wrong.

    \b
    Example:
      reconciler store check
    """
    from reconciler.cli import output
    from reconciler.report import objects
    from reconciler.report.escape import terminal
    from reconciler.report.words import counted
    from reconciler.store import check as violations
    from reconciler.store.urls import shown

    found = violations(store)
    if format_ == "json":
        output.write(objects.document({"sound": not found, "violations": found}))
    elif not found:
        output.write(f"{terminal(shown(store))} is sound.\n")
    else:
        output.write("".join(f"{terminal(sentence)}\n" for sentence in found))
        output.note(f"{counted(len(found), 'violation')} in {shown(store)}")
    return 1 if found else 0


@command.command(short_help="Copy a store to a new file, also while a pass runs.")
@click.argument("file", type=_FILE)
@options.store
@options.no_clock
@options.output_format("text", "json")
def backup(file: Path, store: str, format_: str) -> int:
    """Copy a store to a new file, as it is at one instant, also while a pass runs.

    \b
    Example:
      reconciler store backup install-base-2026-11-22.db
    """
    from reconciler.store import backup as back_up
    from reconciler.store.urls import shown

    back_up(store, str(file))
    return _say(format_, f"{shown(store)} is copied to {file}.", {"file": str(file)})


@command.command(short_help="Move an install base to another database.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@options.no_clock
@options.output_format("text", "json")
def copy(source: str, target: str, format_: str) -> int:
    """Move an install base to another database: everything, events and history included.

    SOURCE and TARGET are URLs of stores; there must be none at TARGET. SOURCE is left as it is: use
    it no more.

    \b
    Example:
      reconciler store copy sqlite:///install-base.db postgresql://reconciler@db/install_base
    """
    from reconciler.store import copy as copied
    from reconciler.store.urls import shown

    rows = copied(source, target)
    told = f"{shown(source)} is copied to {shown(target)}: {rows:,} rows."
    return _say(format_, told, {"target": shown(target), "rows": rows})


@command.command(short_help="Divide a large install base into parts.")
@click.option(
    "--parts",
    type=click.IntRange(2, 256),
    default=16,
    show_default=True,
    help="How many parts for attachments; what is divided already stays so.",
)
@options.store
@options.no_clock
@options.output_format("text", "json")
def partition(parts: int, store: str, format_: str) -> int:
    """Divide attachments by account, and history by month; on PostgreSQL only.

    Copies every row once, while everybody else waits: do it in a quiet hour. Run it again once a
    year to make the parts of coming months.

    \b
    Example:
      reconciler store partition --store postgresql://reconciler@db/install_base
    """
    from reconciler.store import partition as divided
    from reconciler.store.urls import shown

    end = divided(store, parts)
    told = f"{shown(store)} is divided; history has a part for each month until {end}."
    return _say(format_, told, {"months_until": end})


@command.command(short_help="Drop the history of old months.")
@click.option(
    "--before",
    type=options.Month(),
    required=True,
    help="The first month to keep, in UTC.",
)
@options.actor
@options.store
@options.now
@options.output_format("text", "json")
def trim(before: str, actor: str, store: str, now: datetime | None, format_: str) -> int:
    """Drop the history lines of old months; attachments, releases and events stay.

    \b
    Example:
      reconciler store trim --before 2026-01
    """
    from reconciler.cli.reading import opened
    from reconciler.report.words import counted
    from reconciler.store import trim as trimmed
    from reconciler.store.urls import shown

    with opened(store, now, writes=True) as (found, _):
        lines = trimmed(found, before, actor)
    told = f"Dropped {counted(lines, 'history line')} from before {before} in {shown(store)}."
    return _say(format_, told, {"before": before, "lines": lines})


@command.command(short_help="Write out what can't be had from git again.")
@click.option("--out", type=_FILE, help="Write to this file.  [default: stdout]")
@options.store
@options.now
@options.output_format("text", "json")
def export(out: Path | None, store: str, now: datetime | None, format_: str) -> int:
    """Write all that can't be had from git again, as JSON Lines, for store rebuild --from.

    Whatever --format says, the export itself is JSON Lines.

    \b
    Example:
      reconciler store export --out requests.jsonl
    """
    from reconciler.cli import output
    from reconciler.cli.plan_file import write_text
    from reconciler.cli.reading import opened
    from reconciler.store import export as exported
    from reconciler.store.urls import shown

    with opened(store, now) as (found, _):
        lines = exported(found)
        if out is None:
            for line in lines:
                if not output.write(line):
                    break
            return 0
        text = "".join(lines)
    write_text(out, text)
    number = text.count("\n")
    told = {"file": str(out), "lines": number}
    return _say(format_, f"{shown(store)} is exported to {out}: {number:,} lines.", told)


@command.command(short_help="Make a lost store anew, from its last export.")
@options.repository
@click.option(
    "--from",
    "export_file",
    type=click.File("r", encoding="utf-8"),
    help="The last export, which holds what accounts had asked for.",
)
@options.revision
@options.makes_passes("text", "json")
def rebuild(
    export_file: IO[str] | None,
    settings: "Settings",
    format_: str,
) -> int:
    """Make a lost store anew: from the last export, if there is one, and one pass.

    Refuses when the store exists. Without an export, what accounts had installed and adopted for
    themselves is lost, and an event says so.

    \b
    Examples:
      reconciler store rebuild --from requests.jsonl
      reconciler store rebuild https://git.example/acme.git
    """
    from reconciler.cli import output
    from reconciler.cli.progress import progress
    from reconciler.cli.reading import zone_of
    from reconciler.reconcile import reconcile
    from reconciler.report import objects
    from reconciler.report.escape import terminal
    from reconciler.report.plan import json, verdict
    from reconciler.steps.world import asked_revision, check_signature
    from reconciler.store.urls import shown
    from reconciler.wiring import open_world

    refuse_existing(settings)
    with open_world(settings, store="none") as world:
        check_signature(world, asked_revision(world))
        if export_file is not None:
            _restore(settings.store_url, export_file, world.clock, settings.now)
    with open_world(settings, store="create") as world:
        with progress() as world.progress:
            outcome = reconcile(world)
        at, zone = world.clock.now(), zone_of(world.store)
    if format_ == "json":
        output.write(objects.document(json.apply_fields(outcome, at)))
    else:
        if export_file is not None:
            where, source = shown(settings.store_url), export_file.name
            output.write(f"Restored {terminal(where)} from {terminal(source)}.\n")
        output.write(verdict.render(outcome, at, output.style(), zone=zone))
    output.tell_outcome(outcome, in_text=format_ == "text")
    return outcome.exit_code


def refuse_existing(settings: "Settings") -> None:
    """Raises StoreError when there is a store already."""
    from reconciler.errors import StoreError
    from reconciler.store.urls import shown
    from reconciler.wiring import open_world

    with open_world(settings, store="optional") as world:
        if world.store is not None:
            raise StoreError(
                f"{shown(settings.store_url)} exists already; only a new one is made",
                "move it away first, or name another one with --store",
            )


def _restore(url: str, lines: Iterable[str], clock: "Clock", now: datetime | None) -> None:
    from reconciler.errors import StoreError
    from reconciler.store import restore

    try:
        restore(url, lines, clock=clock, rehearsal=now is not None)
    except UnicodeDecodeError as error:
        raise StoreError("the export is not UTF-8", "take another export") from error


def _say(format_: str, sentence: str, fields: dict[str, object]) -> int:
    from reconciler.cli import output
    from reconciler.report import objects
    from reconciler.report.escape import terminal

    output.write(objects.document(fields) if format_ == "json" else f"{terminal(sentence)}\n")
    return 0
