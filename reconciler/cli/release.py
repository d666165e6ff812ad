"""`reconciler release`: a pack and a date -> the Release manifest, written to the working copy."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import options

if TYPE_CHECKING:
    from reconciler.desired.authoring import ReleaseDraft
    from reconciler.model.tree import Tree


@click.command()
@click.argument("pack")
@options.repository
@click.option("--immediate", is_flag=True, help="Release as soon as it is applied.")
@click.option("--on", "date", metavar="DATE", help="Release in the window of this date.")
@click.option("--emergency", is_flag=True, help="Not held back by freezes.")
@click.option("--version", help="The version.  [default: the next patch version]")
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="COMPONENT=VERSION",
    help="This version instead of the newest shareable one; repeatable.",
)
@click.option("--like", metavar="VERSION", help="Take over the component versions of a release.")
@click.option("--notes", help="What is new in it.")
@options.reads_store("text", "json")
def command(
    pack: str,
    repo: str,
    immediate: bool,
    date: str | None,
    emergency: bool,
    version: str | None,
    pins: tuple[str, ...],
    like: str | None,
    notes: str | None,
    store: str,
    now: datetime | None,
    format_: str,
) -> int:
    """Write the manifest of a new release of a pack, with the newest shareable components.

    Writes releases/PACK/VERSION.yaml in the working copy and commits nothing. --like makes a new,
    higher release of what an older one held: the way back from a bad release.

    \b
    Examples:
      reconciler release order-to-cash --immediate
      reconciler release order-to-cash --on 2026-12-08 --pin order-intake=1.5.0
      reconciler release order-to-cash --immediate --emergency --like 1.3.0
    """
    from reconciler.cli import authoring
    from reconciler.desired.authoring import ReleaseWish, release_draft
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if immediate == (date is not None):
        raise click.UsageError("say when: either --immediate or --on DATE")
    wish = ReleaseWish(
        pack=pack,
        date_text=date,
        emergency=emergency,
        version=version,
        pins=dict(_pin(text) for text in pins),
        like=like,
        notes=notes,
    )
    settings = Settings(repository=repo, store_url=store, now=now)
    with open_world(settings, store="optional") as world:
        at = world.clock.now()
        tree = authoring.working_tree(world)
        base = world.store.base() if world.store is not None else None
        draft = release_draft(tree, base, wish, at)
        written = _write(Path(repo), tree, draft)
        authoring.tell_errors(authoring.errors_in(world, set(written)))
        _tell(draft, written, tree, at, format_)
    return 0


def _pin(text: str) -> tuple[str, str]:
    component, equals, version = text.partition("=")
    if not (equals and component and version):
        raise click.UsageError(f"--pin takes COMPONENT=VERSION; {text!r} is not that")
    return component, version


def _write(root: Path, tree: "Tree", draft: "ReleaseDraft") -> list[str]:
    """The paths written, the release's first; the pack is edited where its list has to follow."""
    from reconciler.cli import authoring
    from reconciler.model.declarations import Kind

    release = draft.release
    path = f"releases/{release.pack}/{authoring.path_part(release.version)}.yaml"
    edited = None
    if draft.pack_components is not None:
        edited = _edited_pack(root, tree, release.pack, draft.pack_components)
    authoring.create(root, path, authoring.manifest(root, path, Kind.RELEASE, draft.spec))
    if edited is None:
        return [path]
    from reconciler.cli.plan_file import write_text

    write_text(root / edited[0], edited[1])
    return [path, edited[0]]


def _edited_pack(
    root: Path, tree: "Tree", pack: str, components: tuple[str, ...]
) -> tuple[str, str]:
    from reconciler.errors import ReconcilerError
    from reconciler.manifests.edit import set_in
    from reconciler.model.declarations import Kind

    declared = tree.get(Kind.INTEGRATION_PACK, pack)
    origin = declared.origin if declared is not None else None
    if origin is None:
        raise ReconcilerError(f"the manifest of pack {pack} was not found")
    try:
        text = (root / origin.path).read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReconcilerError(f"cannot read {origin.path}: {error}") from error
    path = ("spec", "components")
    return origin.path, set_in(text, origin.document, origin.item, path, list(components))


def _tell(
    draft: "ReleaseDraft", written: list[str], tree: "Tree", at: datetime, format_: str
) -> None:
    from reconciler.cli import output
    from reconciler.model.zones import zone
    from reconciler.report import objects, release

    where = zone(tree.publisher.time_zone)
    if format_ == "json":
        output.write(objects.document(release.fields(draft, written)))
    else:
        output.write(release.text(draft, written, where, at))
