"""What `serve` gives to accounts' runtimes: options -> contents, and how long is too long."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import together

if TYPE_CHECKING:
    from reconciler.ports.delivery import Contents


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


options = together(
    "delivery",
    Delivery,
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
