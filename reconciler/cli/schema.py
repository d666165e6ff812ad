"""`reconciler schema`: a kind -> its JSON Schema."""

import click


@click.command()
@click.argument("kind", required=False)
def command(kind: str | None) -> int:
    """Print the JSON Schema of a kind of manifest, or one schema for all of them.

    \b
    Examples:
      reconciler schema Release
      reconciler schema > .vscode/reconciler.schema.json
    """
    from reconciler.cli import output
    from reconciler.manifests.schemas import schema_text

    output.write(schema_text(kind).rstrip("\n") + "\n")
    return 0
