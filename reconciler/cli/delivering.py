"""What `serve` gives to accounts' runtimes: options -> contents, and how long is too long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from reconciler.ports.delivery import Contents

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`repo` None: contents are not given; `content_folder` None: they lie in the user's cache."""

    repo: str | None
    content_folder: Path | None
    content_size: int
    overdue_after: int

    def contents(self) -> "Contents | None":
        """Raises SourceError for a repository that can't be one."""
        from reconciler.wiring import contents_of

        return contents_of(self.repo, self.content_folder, self.content_size << 30)

    @property
    def timeout(self) -> timedelta:
        """How long a runtime may take."""
        return timedelta(minutes=self.overdue_after)


def options(command: Command) -> Command:
    """REPO, --content-folder, --content-size and --overdue-after -> the parameter `delivery`."""

    @wraps(command)
    def delivering(
        repo: str | None,
        content_folder: Path | None,
        content_size: int,
        overdue_after: int,
        **others: Any,
    ) -> Any:
        delivery = Delivery(
            repo=repo,
            content_folder=content_folder,
            content_size=content_size,
            overdue_after=overdue_after,
        )
        return command(delivery=delivery, **others)

    decorated = cast(Command, delivering)
    for decorate in reversed(_DECORATORS):
        decorated = decorate(decorated)
    return decorated


_DECORATORS = (
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
