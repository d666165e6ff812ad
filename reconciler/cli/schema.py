"""`reconciler schema`: a kind -> its JSON Schema; or all of them -> files in a folder."""

from pathlib import Path

import click


@click.command()
@click.argument("kind", required=False)
@click.option(
    "--write",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write all schemas as files into a folder, in place of older ones.",
)
def command(kind: str | None, folder: Path | None) -> int:
    """Print the JSON Schema of a kind of manifest, or one schema for all of them.

    Editors find a schema by the first line of a manifest, such as
    "# yaml-language-server: $schema=../.schemas/release.schema.json". Commands that write manifests
    write that line where the publisher root has a folder .schemas; run schema --write .schemas
    there after an update of the program.

    \b
    Examples:
      reconciler schema Release
      reconciler schema --write .schemas
    """
    from reconciler.cli import output
    from reconciler.manifests.schemas import schema_text

    if folder is None:
        output.write(schema_text(kind).rstrip("\n") + "\n")
        return 0
    if kind is not None:
        raise click.UsageError("--write takes all kinds; name none")
    number = _write(folder)
    output.note(f"wrote {number} schemas to {folder}")
    return 0


def _write(folder: Path) -> int:
    from reconciler.cli.plan_file import write_text
    from reconciler.errors import ReconcilerError
    from reconciler.manifests.schemas import schema_files

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReconcilerError(f"cannot write {folder}: {error.strerror}") from error
    files = schema_files()
    for name, text in files.items():
        write_text(folder / name, text)
    return len(files)
