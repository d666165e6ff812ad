"""`reconciler comment`: a file of Markdown -> one comment on a pull or merge request."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reconciler.forge.place import Forge

_MAX_BYTES = 4 << 20
_MAX_CHARACTERS = {"github": 65_536, "gitlab": 1_000_000}


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--github", "forge", flag_value="github", help="On a pull request on GitHub.")
@click.option("--gitlab", "forge", flag_value="gitlab", help="On a merge request on GitLab.")
@click.option("--repository", metavar="R", help="OWNER/NAME.  [default: as CI says]")
@click.option(
    "--number",
    type=click.IntRange(1, 10**9),
    help="The number of the request.  [default: as CI says]",
)
@click.option(
    "--api-url",
    metavar="URL",
    help="GitHub: the address of GraphQL; GitLab: that of v4.  [default: as CI says]",
)
def command(
    file: Path, forge: str | None, repository: str | None, number: int | None, api_url: str | None
) -> int:
    """Post a page of Markdown as one comment on a pull or merge request, edited in place.

    The comment is found by the hidden marker in the first line of FILE (- is stdin), which
    plan --format markdown writes, among the comments that the token's owner wrote. It is edited
    where it differs, and made where there is none. Which request, and where, comes from the
    variables of GitHub Actions or GitLab CI. The token comes from GITHUB_TOKEN (it needs
    pull-requests: write), or GITLAB_TOKEN (scope api, role Reporter).

    \b
    Examples:
      reconciler plan --base origin/main --format markdown > plan.md
      reconciler comment plan.md
      reconciler comment plan.md --github --repository acme/packs --number 12
    """
    from reconciler.cli import output
    from reconciler.forge.comments import post
    from reconciler.forge.place import Forge, place
    from reconciler.report.escape import terminal

    target = place(
        os.environ,
        forge=Forge(forge) if forge else None,
        repository=repository,
        number=number,
        api_url=api_url,
    )
    posted = post(target, _page(file, target.forge))
    where = f" {posted.url}" if posted.url else ""
    output.write(terminal(f"Comment on request {target.number} {posted.outcome}{where}") + "\n")
    return 0


def _page(file: Path, forge: "Forge") -> str:
    """The text of the file. Raises ReconcilerError when it is none, or more than fits."""
    from reconciler.errors import ReconcilerError

    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_MAX_BYTES)
        else:
            with file.open("rb") as stream:
                content = stream.read(_MAX_BYTES)
        text = content.decode("utf-8")
    except OSError as error:
        raise ReconcilerError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ReconcilerError(f"{file} is no text in UTF-8") from error
    if len(text) > _MAX_CHARACTERS[forge]:
        raise ReconcilerError(
            f"{file} has {len(text):,} characters; a comment has at most {_MAX_CHARACTERS[forge]:,}"
        )
    return text
