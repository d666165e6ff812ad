"""What `serve` gives to accounts' runtimes: options -> contents, and how long is too long."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from reconciler.ports.delivery import Contents

Command = TypeVar("Command", bound=Callable[..., Any])


def options(command: Command) -> Command:
    """REPO, --content-folder, --content-size and --overdue-after."""
    decorators = (
        click.argument("repo", required=False),
        click.option(
            "--content-folder",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="Where files of packaged components are kept for runtimes.  "
            "[default: the user's cache]",
        ),
        click.option(
            "--content-size",
            type=click.IntRange(1, 1_000_000),
            default=10,
            show_default=True,
            metavar="GIB",
            help="How much of them is kept; what was not asked for longest goes first.",
        ),
        click.option(
            "--overdue-after",
            type=click.IntRange(1, 366 * 24 * 60),
            default=60,
            show_default=True,
            metavar="MINUTES",
            help="How long a runtime may take until it runs what it should.",
        ),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def delivery_of(
    repo: str | None, content_folder: Path | None, content_size: int, overdue_after: int
) -> "tuple[Contents | None, timedelta]":
    """Contents, None without a repository; and the time-out. Raises SourceError."""
    from reconciler.wiring import contents_of

    contents = contents_of(repo, content_folder, content_size << 30)
    return contents, timedelta(minutes=overdue_after)
