"""`reconciler agent`: a server and an account -> a folder that holds what it should run."""

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from reconciler.agent.server import Token

TOKEN_VARIABLE = "RECONCILER_TOKEN"  # noqa: S105
_GIB = 1 << 30
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def _folder(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    text: str,
) -> Path:
    """An empty text is a variable that nobody set, hardly the folder that one is in."""
    if not text:
        raise click.BadParameter("'' is no folder; the one that you are in is .")
    return Path(text)


@click.command()
@click.option("--server", required=True, metavar="URL", help="Where reconciler serve answers.")
@click.option("--account", required=True, help="The account whose packs are laid out.")
@click.option(
    "--folder",
    required=True,
    type=click.Path(file_okay=False),
    callback=_folder,
    metavar="DIR",
    help="What is kept equal to the desired bundle; DIR/current leads to it.",
)
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help=f"Holds the token; read anew for each request.  [default: {TOKEN_VARIABLE}]",
)
@click.option("--name", help="What the agent is called.  [default: the host's name the first time]")
@click.option("--once", is_flag=True, help="Lay out what should run now, report it, and end.")
@click.option(
    "--most",
    type=click.IntRange(1, 1_000_000),
    default=50,
    show_default=True,
    metavar="GIB",
    help="Larger bundles are not taken.",
)
@click.option(
    "--plain-http", is_flag=True, help="Send the token over http to another machine, too."
)
def command(
    server: str,
    account: str,
    folder: Path,
    token_file: Path | None,
    name: str | None,
    once: bool,
    most: int,
    plain_http: bool,
) -> int:
    """Keep a folder equal to what an account should run, and report it.

    Asks the server, downloads what is new and verifies it, lays it out beside what runs, and moves
    DIR/current there by one rename: whoever reads sees the old bundle or the new one. Killed at any
    moment, the next start goes on. SIGTERM ends it.

    \b
    Examples:
      reconciler agent --server https://packs.example --account globex --folder /srv/packs
      reconciler agent --server https://packs.example --account globex --folder packs --once
    """
    import asyncio

    if not account:
        raise click.UsageError("--account takes the name of an account")
    url = _address(server, plain_http)
    token = _token(token_file)
    try:
        return asyncio.run(_run(url, account, folder, token, name, once=once, most=most * _GIB))
    except OSError as error:
        from reconciler.errors import ReconcilerError

        raise ReconcilerError(
            f"{folder} can't be written: {error.strerror or error}",
            "make room there, or let this user write to it",
        ) from error


async def _run(
    url: str,
    account: str,
    path: Path,
    token: "Token",
    name: str | None,
    *,
    once: bool,
    most: int,
) -> int:
    import asyncio
    import signal

    from reconciler.agent.folder import Folder
    from reconciler.agent.keeping import Keeper
    from reconciler.agent.server import Server
    from reconciler.cli import streams
    from reconciler.report.escape import terminal
    from reconciler.report.times import iso
    from reconciler.wiring import SystemClock

    clock, folder = SystemClock(), Folder(path)

    def tell(text: str) -> None:
        streams.say(f"{iso(clock.now().replace(microsecond=0))} {terminal(text)}")

    with folder.held():
        called = name or folder.name(socket.gethostname() or "agent")
        async with Server(url, account, called, token) as server:
            keeper = Keeper(server, folder, most_bytes=most, tell=tell)
            work = asyncio.ensure_future(keeper.once() if once else keeper.keep())
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, work.cancel)
            try:
                await work
            except asyncio.CancelledError:
                if not work.cancelled():
                    raise
    return 0


def _address(text: str, plain_http: bool) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
        raise click.UsageError(f"--server takes an address such as https://packs.example: {text!r}")
    if parts.scheme == "http" and not plain_http and parts.hostname not in _HERE:
        raise click.UsageError(
            "the token would be sent to another machine in the clear: use https, or --plain-http"
        )
    return text.rstrip("/")


def _token(file: Path | None) -> "Token":
    try:
        from reconciler.agent.server import Token
    except ImportError as error:
        from reconciler.errors import ReconcilerError

        raise ReconcilerError(
            "the agent needs the library aiohttp",
            "pip install 'integration-pack-reconciler[agent]'",
        ) from error
    text = os.environ.get(TOKEN_VARIABLE)
    if file is None and not text:
        raise click.UsageError(f"name a --token-file, or set {TOKEN_VARIABLE}")
    return Token(text=text, file=file)
