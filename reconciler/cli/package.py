"""`reconciler package`: a component's new snapshot -> its PackagedComponent manifest."""

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import authoring, options, questions

if TYPE_CHECKING:
    from reconciler.cli.authoring import Delivered, Desk

_TYPES = ("process", "api-service", "process-route", "certificate", "custom-library")


@click.command()
@click.argument("component", required=False)
@options.repository
@click.option("--version", help="The version of the snapshot; free text.")
@click.option(
    "--shareable/--no-shareable",
    default=None,
    help="Whether it may be released in packs.  [default: asked for; without a terminal not]",
)
@click.option(
    "--type",
    "type_",
    type=click.Choice(_TYPES),
    help="What it is.  [default: as the version before]",
)
@click.option("--content", metavar="PATH", help="File or folder below REPO that it is made of.")
@click.option("--notes", help="What is new in it.")
@click.option("--force", is_flag=True, help="Even if nothing changed since the version before.")
@authoring.branch_option
@questions.yes_option
@options.output_format("text", "json")
def command(
    component: str | None,
    repo: str,
    branch: str | None,
    yes: bool,
    force: bool,
    format_: str,
    **given: Any,
) -> int:
    """Write the manifest of a new version of a packaged component.

    Writes components/COMPONENT/VERSION/component.yaml in the working copy and commits nothing; with
    --branch it commits on a new branch instead. Type and contained components are taken over from
    the version before it; the content, a file or folder of this version's own, is named with
    --content. A packaged version never changes, and whether it is shareable is decided now.

    \b
    Examples:
      reconciler package stock-alerts --version 3 --shareable --content components/stock-alerts/2.0
      reconciler package edi-codecs --version 3.5 --content components/edi-codecs/3.4 --branch
    """
    from reconciler.desired.packaging import (
        fit_name,
        package_spec,
        refuse_own_manifest,
        refuse_unchanged,
    )
    from reconciler.model.declarations import Kind
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    if given["content"] == "":
        raise click.UsageError("--content takes the path of a file or folder")
    with open_world(Settings(repository=repo), store="none") as world:
        desk = authoring.Desk(world, branch)
        asked = component is None or given["version"] is None
        if component is None:
            questions.needed("say what to package: COMPONENT is missing")
            component = questions.ask("Which component?", fit_name)
        if given["type_"] is None and component not in desk.tree.components:
            given["type_"] = _asked_type()
        version = given["version"] or _asked_version(desk, component)
        shareable = _shareable(component, version, given["shareable"], yes=yes)
        rest = {name: given[name] for name in ("type_", "content", "notes")}
        spec = package_spec(desk.tree, component, version, shareable=shareable, **rest)
        name = authoring.path_part(version)
        path = f"components/{component}/{name}/component.yaml"
        if given["content"] is not None:
            refuse_own_manifest(given["content"], path)
        digest = _digest(desk, given["content"])
        if not force:
            refuse_unchanged(desk.tree, spec, digest)
        edits = desk.new_manifest(path, Kind.PACKAGED_COMPONENT, spec)
        if asked and not yes and not questions.confirmed(authoring.preview(edits)):
            return 1
        message = _message(spec, digest)
        delivered = desk.deliver(edits, message, f"package/{component}-{name}")
        _tell(desk, spec, digest, delivered, format_)
        _miss_content(desk, spec)
    return 0


def _asked_version(desk: "Desk", component: str) -> str:
    from reconciler.desired.newest import unused_version
    from reconciler.desired.packaging import unused

    questions.needed("say which version: --version is missing")
    proposed = unused_version(desk.tree, component)
    return questions.ask("Version?", partial(unused, desk.tree, component), default=proposed)


def _asked_type() -> str | None:
    """What a new component is; None where nobody can be asked."""
    return questions.choose("type", _TYPES) if questions.can_ask() else None


def _shareable(component: str, version: str, given: bool | None, *, yes: bool) -> bool:
    """Decided once and for all; without a word from anybody it is not."""
    if given is None and questions.can_ask() and not yes:
        return questions.agree(f"May {component} {version} be released in packs, for ever?")
    return bool(given)


def _digest(desk: "Desk", content: str | None) -> str | None:
    """The git object id of what the version is made of; None where that is not said."""
    return None if content is None else desk.snapshot.lookup(content).object_id


def _miss_content(desk: "Desk", spec: dict[str, Any]) -> None:
    """Says that a version names no content although the one before does; it is not taken over."""
    from reconciler.cli import output

    before = list(desk.tree.components.get(spec["component"], {}).values())[-1:]
    if "content" not in spec and before and before[0].content is not None:
        output.note(
            f"{spec['component']} {before[0].version} names its content, {spec['version']} none"
            " (--content PATH): nothing will notice if it changes"
        )


def _message(spec: dict[str, Any], digest: str | None) -> str:
    from reconciler.report import commit

    shared = "It may be released in packs." if spec["shareable"] else "It can't be released."
    made_of = None if digest is None else f"Its content, {spec['content']}, is {digest}."
    return commit.message(
        f"Package {spec['component']} {spec['version']}",
        commit.sentences([shared, made_of]),
        spec.get("notes"),
    )


def _tell(
    desk: "Desk", spec: dict[str, Any], digest: str | None, delivered: "Delivered", format_: str
) -> None:
    from reconciler.cli import output
    from reconciler.desired.packaging import version_before
    from reconciler.report import objects, written
    from reconciler.report.escape import terminal

    component, version, shareable = spec["component"], spec["version"], spec["shareable"]
    if not shareable and spec["type"] in ("process", "api-service"):
        output.note(f"{component} {version} is not shareable: it can never be released in a pack")
    if format_ == "json":
        found = {"file": delivered.files[0], **spec, "content_id": digest}
        output.write(objects.document(found | written.fields(delivered)))
        return
    shared = "shareable" if shareable else "not shareable"
    lines = [f"{written.done(delivered)}: {component} {version}, {shared}."]
    if digest is not None:
        lines.append(f"Its content, {spec['content']}, is {digest}.")
    before = version_before(desk.tree, component, version)
    if before is not None and before.contains:
        lines.append(f"What it contains is taken over from {before.version}: correct what changed.")
    if delivered.branch is not None:
        lines.append(written.following(delivered))
    elif shareable:
        lines += _releases(desk, component, version)
    output.write("".join(f"{terminal(line)}\n" for line in lines))


def _releases(desk: "Desk", component: str, version: str) -> list[str]:
    """How each pack with the component is released with this version."""
    from reconciler.desired.newest import newest_version
    from reconciler.model.declarations import Deployment
    from reconciler.model.versions import component_key

    newest = newest_version(desk.tree, component, Deployment.PACKAGED)
    is_lower = newest is not None and component_key(version) < component_key(newest)
    pin = f" --pin {shlex.quote(f'{component}={version}')}" if is_lower else ""
    packs = sorted(name for name, pack in desk.tree.packs.items() if component in pack.components)
    return [
        f"Next: commit this, then reconciler release {pack} --immediate{pin}, or --on DATE"
        for pack in packs
    ]
