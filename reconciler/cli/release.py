"""`reconciler release`: a pack and a date -> the Release manifest, on disk or on a branch."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import authoring, options, questions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.authoring import Delivered, Desk
    from reconciler.desired.authoring import ReleaseDraft, ReleaseWish
    from reconciler.model.branches import Edits


@click.command()
@click.argument("pack", required=False)
@options.repository
@click.option("--immediate", is_flag=True, help="Release as soon as it is applied.")
@click.option("--on", "date", metavar="DATE", help="Release in the window of this date.")
@click.option("--emergency", is_flag=True, help="Not held back by freezes.")
@click.option("--version", help="The version.  [default: by what changes]")
@click.option("--major", is_flag=True, help="Raise the first number of the version.")
@click.option("--minor", is_flag=True, help="Raise the second.")
@click.option("--patch", is_flag=True, help="Raise the third.")
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="COMPONENT=VERSION",
    help="This version instead of the newest shareable one; repeatable.",
)
@click.option("--like", metavar="VERSION", help="Take over the component versions of a release.")
@click.option("--notes", help="What is new in it.")
@click.option("--impact", metavar="PATH", help="The note on its impact, below REPO.")
@click.option("--regression", metavar="PATH", help="The JUnit report of its tests, below REPO.")
@authoring.branch_option
@questions.yes_option
@options.reads_store("text", "json")
def command(
    pack: str | None,
    repo: str,
    branch: str | None,
    store: str,
    now: datetime | None,
    format_: str,
    **given: Any,
) -> int:
    """Write the manifest of a new release of a pack, with the newest shareable components.

    Writes releases/PACK/VERSION.yaml in the working copy and commits nothing; with --branch it
    leaves the working copy alone and commits on a new branch. The version follows from what
    changes: major if an account has something to do or loses something, minor if something is
    added, else patch. --like makes a new, higher release of what an older one held: the way back
    from a bad release. What is left open is asked for on a terminal.

    \b
    Examples:
      reconciler release order-to-cash --immediate
      reconciler release order-to-cash --on 2026-12-08 --pin order-intake=1.5.0 --branch
      reconciler release order-to-cash --immediate --emergency --like 1.3.0
    """
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if given["immediate"] and given["date"] is not None:
        raise click.UsageError("say when: either --immediate or --on DATE")
    named = [f"--{name}" for name in ("major", "minor", "patch") if given[name]]
    named += ["--version"] if given["version"] is not None else []
    if len(named) > 1:
        raise click.UsageError(f"{' and '.join(named)} exclude each other")
    settings = Settings(repository=repo, store_url=store, now=now)
    with open_world(settings, store="optional") as world:
        desk = authoring.Desk(world, branch)
        wish, asked = _wish(desk, pack, given)
        draft = _draft(desk, wish, asks_version=asked)
        edits = edits_of(desk, draft)
        if asked and not given["yes"] and not _confirmed(draft, edits):
            return 1
        name = f"release/{draft.release.pack}-{authoring.path_part(draft.release.version)}"
        _tell(desk, draft, desk.deliver(edits, message_of(desk, draft), name), format_)
    return 0


def _confirmed(draft: "ReleaseDraft", edits: "Edits") -> bool:
    from reconciler.report.escape import terminal
    from reconciler.report.release import superseding

    if (ended := superseding(draft)) is not None:
        click.echo(f"  pending  {terminal(ended)}")
    return questions.confirmed(authoring.preview(edits))


def _wish(desk: "Desk", pack: str | None, given: dict[str, Any]) -> tuple["ReleaseWish", bool]:
    """What is wanted, and whether anything had to be asked for."""
    from reconciler.desired.authoring import ReleaseWish
    from reconciler.model.versions import Level

    pins = _pins(given["pins"])
    asked = False
    if pack is None:
        questions.needed("say which pack: PACK is missing")
        pack, asked = questions.choose("pack", desk.tree.packs), True
    date = given["date"]
    if date is None and not given["immediate"]:
        questions.needed("say when: either --immediate or --on DATE")
        refuse = partial(_refuse_date, desk, pack)
        date = questions.ask_when(desk, pack, emergency=given["emergency"], refuse=refuse)
        asked = True
    level = next((level for level in Level if given[level.value]), None)
    names = ("emergency", "version", "like", "notes", "impact", "regression")
    rest = {name: given[name] for name in names}
    return ReleaseWish(pack=pack, date_text=date, level=level, pins=pins, **rest), asked


def _draft(desk: "Desk", wish: "ReleaseWish", *, asks_version: bool) -> "ReleaseDraft":
    from reconciler.desired.authoring import release_draft

    draft = release_draft(desk.tree, desk.base, wish, desk.at)
    if not asks_version or wish.version is not None or wish.level is not None:
        return draft

    def read(version: str) -> "ReleaseDraft":
        if version == draft.release.version:
            return draft
        return release_draft(desk.tree, desk.base, replace(wish, version=version), desk.at)

    return questions.ask_version(draft.release.version, draft.reason, read)


def _refuse_date(desk: "Desk", pack: str, date: str | None) -> None:
    from reconciler.desired.authoring import refuse_second_pending

    refuse_second_pending(desk.tree, desk.base, pack, date, desk.at)


def _pins(texts: "Sequence[str]") -> dict[str, str]:
    found: dict[str, str] = {}
    for component, version in map(_pin, texts):
        if component in found:
            raise click.UsageError(f"--pin names {component} twice")
        found[component] = version
    return found


def _pin(text: str) -> tuple[str, str]:
    component, equals, version = text.partition("=")
    if not (equals and component and version):
        raise click.UsageError(f"--pin takes COMPONENT=VERSION; {text!r} is not that")
    return component, version


def edits_of(desk: "Desk", draft: "ReleaseDraft") -> "Edits":
    """The release's file first; the pack is edited where its list has to follow."""
    from reconciler.model.declarations import Kind

    release = draft.release
    path = f"releases/{release.pack}/{authoring.path_part(release.version)}.yaml"
    edits = dict(desk.new_manifest(path, Kind.RELEASE, draft.spec))
    if draft.pack_components is not None:
        fields: dict[tuple[str, ...], object] = {
            ("spec", "components"): list(draft.pack_components)
        }
        edits |= desk.set_fields(Kind.INTEGRATION_PACK, release.pack, fields)
    return edits


def message_of(
    desk: "Desk", draft: "ReleaseDraft", *, also: str | None = None, trailer: str | None = None
) -> str:
    """What the commit says: what changes, when, whom, and `also` a paragraph."""
    from reconciler.report import release

    reached = desk.reached(draft.release.pack)
    return release.message(draft, desk.zone, reached, also=also, trailer=trailer)


def _tell(desk: "Desk", draft: "ReleaseDraft", delivered: "Delivered", format_: str) -> None:
    from reconciler.cli import output
    from reconciler.report import objects, release

    if format_ == "json":
        output.write(objects.document(release.fields(draft, delivered)))
    else:
        output.write(release.text(draft, delivered, desk.zone, desk.at))
