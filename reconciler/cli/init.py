"""`reconciler init`: an empty folder -> a small valid publisher repository."""

import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--time-zone", default="UTC", show_default=True, help="The publisher's IANA zone.")
def command(folder: Path, time_zone: str) -> int:
    """Write a small valid publisher repository to start from.

    One component, pack, release, account, group and attachment, each in a file of its own with
    comments. DIR must be empty (a fresh .git may be there); it is made where it does not exist.

    \b
    Example:
      reconciler init acme --time-zone America/New_York
      cd acme && git init && git add . && git commit -m "Start"
      reconciler apply
    """
    from reconciler.cli import authoring, output
    from reconciler.cli.starter import files
    from reconciler.errors import ReconcilerError
    from reconciler.model.zones import zone_names
    from reconciler.report.escape import terminal

    if time_zone not in zone_names():
        raise click.UsageError(f"{time_zone!r} is no IANA time zone, such as America/New_York")
    try:
        there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise ReconcilerError(
            f"cannot read {folder}: {error.strerror}", "check its permissions, or name another"
        ) from error
    if any(name != ".git" for name in there):
        raise ReconcilerError(f"{folder} is not empty", "name a folder that is")
    for path, text in files(time_zone).items():
        authoring.create(folder, path, text)
    where = terminal(shlex.quote(str(folder)))
    start = "git add . && git commit -m Start"
    if ".git" not in there:
        start = f"git init && {start}"
    output.write(
        f"Wrote a publisher repository to {where}; README.md there says what is what.\n"
        f"Next: cd {where} && {start}, then reconciler apply\n"
    )
    return 0
