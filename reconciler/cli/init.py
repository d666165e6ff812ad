"""`reconciler init`: an empty folder -> a small valid publisher repository."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli.starter import Ci

_CI = [str(ci) for ci in Ci]
_PACKAGE = f"integration-pack-reconciler[ci,postgres]=={__version__}"
_REQUIREMENT = re.compile(r"[A-Za-z0-9./][A-Za-z0-9 ._~:/@+=,<>!\[\]#&%-]*")
_DEFAULT_ZONE = "UTC"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--time-zone",
    help="The publisher's IANA zone.  [default: asked for on a terminal, else UTC]",
)
@click.option(
    "--ci",
    type=click.Choice(_CI),
    help="What checks pull requests and applies.  [default: asked for on a terminal, else none]",
)
@click.option(
    "--package",
    metavar="REQUIREMENT",
    default=_PACKAGE,
    show_default=True,
    help="What CI installs, in the words of pip.",
)
def command(folder: Path, time_zone: str | None, ci: str | None, package: str) -> int:
    """Write a small valid publisher repository to start from.

    One component, pack, release, account, group and attachment, each in a file of its own with
    comments; the schemas by which editors complete them; and, with --ci, the workflows that check
    pull requests and apply what is merged. DIR must be empty (a fresh .git may be there); it is
    made where it does not exist.

    \b
    Example:
      reconciler init acme --time-zone America/New_York --ci github
      cd acme && git init && git add . && git commit -m "Start"
      reconciler apply
    """
    from reconciler.cli.files import create
    from reconciler.cli.starter import files

    if not _REQUIREMENT.fullmatch(package):
        raise click.UsageError(f"{package!r} is nothing that pip could install")
    if time_zone is not None:
        _check_zone(time_zone)
    there = _entries(folder)
    zone = time_zone or _asked_zone()
    chosen = Ci(ci or _asked_ci())
    for path, text in files(zone, chosen, package).items():
        create(folder, path, text)
    _tell(folder, fresh=".git" not in there, ci=chosen)
    return 0


def _check_zone(name: str) -> str:
    from reconciler.model.zones import zone_names

    if name not in zone_names():
        raise click.UsageError(f"{name!r} is no IANA time zone, such as America/New_York")
    return name


def _entries(folder: Path) -> Sequence[str]:
    """What is in the folder; raises ReconcilerError when that is more than a fresh .git."""
    from reconciler.errors import ReconcilerError

    try:
        there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise ReconcilerError(
            f"cannot read {folder}: {error.strerror}", "check its permissions, or name another"
        ) from error
    if any(name != ".git" for name in there):
        raise ReconcilerError(f"{folder} is not empty", "name a folder that is")
    return there


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked_zone() -> str:
    if not _on_terminal():
        return _DEFAULT_ZONE
    name: str = click.prompt(
        "The publisher's time zone", default=_guessed_zone(), value_proc=_check_zone, err=True
    )
    return name


def _guessed_zone() -> str:
    """What this machine seems to be set to: a guess to offer, by which nothing is decided."""
    from reconciler.model.zones import zone_names

    named = os.environ.get("TZ", "").removeprefix(":")
    linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return next((name for name in (named, linked) if name in zone_names()), _DEFAULT_ZONE)


def _asked_ci() -> str:
    if not _on_terminal():
        return Ci.NONE
    name: str = click.prompt(
        "CI that checks pull requests", default=str(Ci.NONE), type=click.Choice(_CI), err=True
    )
    return name


def _tell(folder: Path, *, fresh: bool, ci: Ci) -> None:
    from reconciler.cli import output
    from reconciler.report.escape import terminal

    at = folder.resolve()
    where = terminal(shlex.quote(str(folder)))
    steps = [] if at == Path.cwd() else [f"cd {where}"]
    steps += ["git init"] if fresh else []
    steps += ["git add .", "git commit -m Start"]
    output.write(
        f"Wrote a publisher repository to {where}; README.md there says what is what.\n"
        f"Next: {' && '.join(steps)}, then reconciler apply\n"
    )
    above = [parent for parent in at.parents if (parent / ".git").exists()]
    if fresh and above and ci is not Ci.NONE:
        output.note(
            f"{folder} lies inside the repository {above[0]}: what is for {ci} works at its top "
            "only; move it there, and name the folder in it"
        )
