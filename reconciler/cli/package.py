"""`reconciler package`: a component's new snapshot -> its PackagedComponent manifest."""

from pathlib import Path

import click

from reconciler.cli import options

_TYPES = ("process", "api-service", "process-route", "certificate", "custom-library")


@click.command()
@click.argument("component")
@options.repository
@click.option("--version", required=True, help="The version of the snapshot; free text.")
@click.option("--shareable", is_flag=True, help="It may be released in packs.")
@click.option(
    "--type",
    "type_",
    type=click.Choice(_TYPES),
    help="What it is.  [default: as the newest version]",
)
@click.option("--content", metavar="PATH", help="File or folder below REPO that it is made of.")
@click.option("--notes", help="What is new in it.")
@options.output_format("text", "json")
def command(
    component: str,
    repo: str,
    version: str,
    shareable: bool,
    type_: str | None,
    content: str | None,
    notes: str | None,
    format_: str,
) -> int:
    """Write the manifest of a new version of a packaged component.

    Writes components/COMPONENT/VERSION/component.yaml in the working copy and commits nothing.
    Type and contents are taken over from the newest version. A packaged version never changes, and
    whether it is shareable is decided now.

    \b
    Examples:
      reconciler package stock-sync --version 2.2 --shareable
      reconciler package stock-alerts --version 3 --content components/stock-alerts/2.0/process.xml
    """
    from reconciler.cli import authoring, output
    from reconciler.desired.packaging import package_spec
    from reconciler.model.declarations import Kind
    from reconciler.report import objects
    from reconciler.report.escape import terminal
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    with open_world(Settings(repository=repo), store="none") as world:
        tree = authoring.working_tree(world)
        spec = package_spec(
            tree,
            component,
            version,
            shareable=shareable,
            type_=type_,
            content=content,
            notes=notes,
        )
        path = f"components/{component}/{authoring.path_part(version)}/component.yaml"
        text = authoring.manifest(Path(repo), path, Kind.PACKAGED_COMPONENT, spec)
        authoring.create(Path(repo), path, text)
        authoring.tell_errors(authoring.errors_in(world, {path}))
    if format_ == "json":
        output.write(objects.document({"file": path, **spec}))
        return 0
    shared = "shareable" if shareable else "not shareable"
    lines = [f"Wrote {path}: {component} {version}, {shared}."]
    packs = sorted(name for name, pack in tree.packs.items() if component in pack.components)
    if shareable:
        lines += [f"Next: reconciler release {name} --immediate, or --on DATE" for name in packs]
    output.write("".join(f"{terminal(line)}\n" for line in lines))
    return 0
