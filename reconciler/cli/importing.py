"""`reconciler import`: tables of an existing estate -> manifests, and what runs in a new store."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.estate.running import Running
    from reconciler.estate.tables import Tables
    from reconciler.model.findings import Finding
    from reconciler.settings import Settings
    from reconciler.wiring import OpenedWorld

_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")


@click.command("import")
@click.argument("files", nargs=-1)
@click.option("--repo", default=".", show_default=True, help="The publisher's repository.")
@click.option("--from-store", metavar="URL", help="Take what a store keeps of its last revision.")
@click.option("--time-zone", help="The publisher's IANA zone, where there is no publisher.yaml.")
@click.option("--record", is_flag=True, help="Record what runs in a new store; write no manifests.")
@options.revision
@options.makes_passes("text", "json")
def command(
    files: tuple[str, ...],
    from_store: str | None,
    time_zone: str | None,
    record: bool,
    settings: "Settings",
    format_: str,
) -> int:
    """Write the manifests of an existing estate, and record what it runs.

    FILES are CSV or JSON files, a folder of them, or - for standard input. One table is enough:
    attachments, with the columns account, pack and release; accounts, packs, components, releases
    and groups may be told in tables of their own. Manifests are added to --repo, all or none, and
    nothing is committed. When they are committed, --record makes the store: every attachment at
    the release that it runs, so that the next plan upgrades those that run an older one, and is
    empty when there is none. Exits 3 when a table has errors.

    \b
    Examples:
      reconciler import estate/ --repo acme --time-zone America/New_York
      reconciler import estate/ --repo acme --record --store sqlite:///acme.db
      reconciler import --from-store sqlite:///install-base.db --repo acme
    """
    if bool(files) == (from_store is not None):
        raise click.UsageError("name FILES, or a store with --from-store")
    if record and from_store is not None:
        raise click.UsageError("--record takes FILES; what a store runs is recorded in it")
    if from_store is not None:
        return _from_store(from_store, Path(settings.repository), format_)
    if record:
        return _record(_tables(files), settings, format_)
    return _write(files, settings, time_zone, format_)


def _tables(names: tuple[str, ...]) -> "Tables":
    from reconciler.errors import ReconcilerError
    from reconciler.estate.tables import COLUMNS, read_tables

    found: list[tuple[str, bytes]] = []
    for name in names:
        path = Path(name)
        try:
            if name == "-":
                found.append(("-", sys.stdin.buffer.read()))
            elif path.is_dir():
                inside = sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
                chosen = [each for each in inside if each.stem.casefold() in COLUMNS]
                if not chosen:
                    hint = f"its files are named {', '.join(f'{each}.csv' for each in COLUMNS)}"
                    raise ReconcilerError(f"{name} holds no table", hint)
                found += [(str(each), each.read_bytes()) for each in chosen]
            else:
                found.append((name, path.read_bytes()))
        except OSError as error:
            raise ReconcilerError(f"cannot read {name}: {error.strerror}") from error
    return read_tables(found)


def _write(
    files: tuple[str, ...], settings: "Settings", time_zone: str | None, format_: str
) -> int:
    from reconciler.cli.files import create_all
    from reconciler.model.zones import zone_names
    from reconciler.report.words import counted
    from reconciler.steps.importing import imported
    from reconciler.wiring import open_world

    tables, root = _tables(files), Path(settings.repository)
    zone = time_zone or tables.time_zone
    with open_world(settings, store="none") as world:
        source = world.source if (root / "publisher.yaml").exists() else None
        if source is None and zone is not None and zone not in zone_names():
            raise click.UsageError(f"{zone!r} is no IANA time zone, such as America/New_York")
        if source is None and zone is None:
            raise click.UsageError(
                f"there is no publisher.yaml in {root}: name the publisher's IANA zone with"
                " --time-zone, such as America/New_York"
            )
        result = imported(tables, source, zone, world.clock.now())
    if not result.valid:
        return _refused(result.findings, format_)
    create_all(root, result.files)
    words = f"Wrote {counted(len(result.files), 'file')} to {root}"
    again = shlex.join(["reconciler", "import", *files, "--repo", settings.repository, "--record"])
    return _told(
        format_,
        f"{words}: {counted(result.attachments, 'attachment')}.",
        f"review and commit them, then record what runs: {again}",
        {"files": sorted(result.files), "attachments": result.attachments},
        result.findings,
        result.notes,
    )


def _from_store(url: str, root: Path, format_: str) -> int:
    from reconciler.cli.files import create_all
    from reconciler.errors import StoreError
    from reconciler.report.words import counted
    from reconciler.settings import Settings
    from reconciler.steps.importing import contents_of, documents_of, rewritten
    from reconciler.wiring import open_world

    with open_world(Settings(store_url=url), store="existing") as world:
        assert world.store is not None
        base = world.store.base()
    if base.applied is None:
        raise StoreError("no revision was ever applied to this store: it declares nothing")
    files = rewritten(base.tree)
    create_all(root, files)
    notes = (
        _missing("what components are made of is", contents_of(base.tree)),
        _missing("what packs and releases are documented by is", documents_of(base.tree)),
    )
    words = f"Wrote {counted(len(files), 'file')} to {root}."
    return _told(
        format_,
        words,
        "review and commit them, then: reconciler plan",
        {
            "files": sorted(files),
            "attachments": len(base.tree.attachments),
        },
        (),
        notes,
    )


def _record(tables: "Tables", settings: "Settings", format_: str) -> int:
    """The revision applied to a store that is thrown away, then recorded as the estate has it."""
    import tempfile
    from dataclasses import replace

    from reconciler.cli.progress import progress
    from reconciler.cli.store import refuse_existing
    from reconciler.estate.running import running_of
    from reconciler.reconcile import reconcile
    from reconciler.wiring import open_world

    refuse_existing(settings)
    running = running_of(tables)
    if tables.findings:
        return _refused(tuple(sorted(tables.findings)), format_)
    with tempfile.TemporaryDirectory(prefix="reconciler-import-") as folder:
        apart = replace(settings, store_url=f"sqlite:///{folder}/estate.db")
        with open_world(apart, store="create") as world:
            with progress() as world.progress:
                outcome = reconcile(world)
            if outcome.error is not None:
                raise outcome.error
            return _restated(world, tables, running, settings, format_)


def _restated(
    world: "OpenedWorld",
    tables: "Tables",
    running: "list[Running]",
    settings: "Settings",
    format_: str,
) -> int:
    from reconciler.desired.phrases import listed
    from reconciler.estate.recording import recorded
    from reconciler.model.events import EventDraft, EventKind
    from reconciler.report.words import counted, short
    from reconciler.store import export, restate, restore
    from reconciler.store.urls import shown

    assert world.store is not None
    base, now = world.store.base(), world.clock.now()
    found = recorded(tables, running, base, now)
    if tables.findings:
        return _refused(tuple(sorted(tables.findings)), format_)
    assert base.applied is not None
    revision = base.applied.revision
    number = sum(row.release is not None for row in found.rows)
    event = EventDraft(
        kind=EventKind.IMPORTED,
        at=now,
        actor=settings.actor,
        revision=revision,
        message=f"recorded {counted(number, 'attachment')} that were installed before",
        details={"attachments": number},
    )
    lines = restate(export(world.store), found.rows, found.due, now)
    rehearsal = settings.now is not None
    restore(settings.store_url, lines, clock=world.clock, rehearsal=rehearsal, event=event)
    where = f"{shown(settings.store_url)} at {short(revision)}"
    following = "reconciler plan, which is empty"
    if found.due:
        packs = listed(sorted(found.due))
        following = f"reconciler plan shows what does not run the current release yet: {packs}"
    return _told(
        format_,
        f"Recorded {counted(number, 'attachment')} in {where}.",
        following,
        {"files": [], "attachments": number},
    )


def _missing(what: str, paths: list[str]) -> str | None:
    """That files of the old repository have to be put back; None where there are none."""
    if not paths:
        return None
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return f"{what} not in a store: put {paths[0]}{more} back as it was before the next pass"


def _refused(findings: "tuple[Finding, ...]", format_: str) -> int:
    from reconciler.cli import output
    from reconciler.model.findings import Severity
    from reconciler.report import objects
    from reconciler.report.validation import text

    if format_ == "json":
        fields = {"files": [], "attachments": 0, "findings": list(map(objects.finding, findings))}
        output.write(objects.document(fields))
    else:
        errors = [found for found in findings if found.severity is Severity.ERROR]
        lines = "\n".join(text.finding_lines(errors, output.style()))
        output.write(f"{lines}\n\n{text.tally(findings)}. Nothing was written.\n")
    return 3


def _told(
    format_: str,
    done: str,
    following: str,
    fields: dict[str, object],
    findings: "tuple[Finding, ...]" = (),
    notes: tuple[str | None, ...] = (),
) -> int:
    from reconciler.cli import output
    from reconciler.report import objects
    from reconciler.report.escape import terminal
    from reconciler.report.validation import text

    for each in filter(None, notes):
        output.note(each)
    if format_ == "json":
        fields = {**fields, "findings": list(map(objects.finding, findings))}
        output.write(objects.document(fields))
        return 0
    if findings:
        output.note(f"{text.tally(findings)}; reconciler validate shows them with their places")
    output.write(f"{terminal(done)}\nNext: {terminal(following)}\n")
    return 0
