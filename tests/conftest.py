"""Settings of the whole suite, and the PostgreSQL server that its tests share.

The server is RECONCILER_TEST_POSTGRES (a URL of a database from which others may be made), else
made of installed binaries, else of those in a wheel. The first test that needs one starts it, for
all processes of the run; it goes when the run ends.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from chaos.binaries import as_server_user, give_to_server, programs

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

FOLDER_VARIABLE = "RECONCILER_TEST_SERVER_FOLDER"
TEMPLATE = "reconciler_template"
DIVIDED_TEMPLATE = "reconciler_template_divided"
PARTS = 4
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses="


def pytest_configure() -> None:
    """Names the place of the server once, so that workers find it in their environment."""
    if FOLDER_VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="reconciler-pg-")
        os.environ[FOLDER_VARIABLE] = folder
        os.environ[FOLDER_VARIABLE + "_OWNER"] = str(os.getpid())


def pytest_unconfigure() -> None:
    """Whoever named the place stops the server, and takes everything away."""
    if os.environ.get(FOLDER_VARIABLE + "_OWNER") != str(os.getpid()):
        return
    folder = Path(os.environ.pop(FOLDER_VARIABLE))
    if (folder / "stop").exists():
        command = (folder / "stop").read_text().splitlines()
        subprocess.run(command, capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> str:
    """Starts a server that lives in `folder` and is reached by a socket there; its URL."""
    folder.chmod(0o755)
    binaries, user, home = programs(folder), as_server_user(), folder / "server"
    home.mkdir()
    give_to_server(home)
    data = home / "data"
    options = f"{OPTIONS} -c unix_socket_directories={home}"
    stop = [*user, str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
    (folder / "stop").write_text("\n".join(stop))
    for command in (
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        [binaries / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start"],
    ):  # fmt: skip
        # The server keeps what it inherits open, so that a pipe would never end.
        with (folder / "output").open("ab") as output:
            subprocess.run(
                [*user, *map(str, command)],
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
            )
    return f"postgresql://postgres@/postgres?host={home}"


def _with_database(url: str, name: str) -> str:
    """Always with a query, so that a test can add to it."""
    parts = urlsplit(url)
    return parts._replace(path=f"/{name}", query=parts.query or "connect_timeout=30").geturl()


def _run(url: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of a server on which databases can be made; started by the first who asks."""
    from reconciler.store import migrate, partition

    folder = Path(os.environ[FOLDER_VARIABLE])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = folder / "url"
        if not known.exists():
            url = os.environ.get("RECONCILER_TEST_POSTGRES") or _started(folder)
            for template in (TEMPLATE, DIVIDED_TEMPLATE):
                _run(
                    url,
                    f"DROP DATABASE IF EXISTS {template}",
                    f"CREATE DATABASE {template} TEMPLATE template0 ENCODING 'UTF8'",
                )
                migrate(_with_database(url, template))
            partition(_with_database(url, DIVIDED_TEMPLATE), PARTS)
            known.write_text(url)
        return known.read_text()


@pytest.fixture
def new_database(postgres_server: str) -> Iterator[Callable[..., str]]:
    """Makes databases for one test; `made`: with an empty install base in it, or in parts."""
    numbers, names = count(1), list[str]()

    def make(*, made: bool = False, divided: bool = False) -> str:
        name = f"test_{os.getpid()}_{next(_serial)}_{next(numbers)}"
        names.append(name)
        template = DIVIDED_TEMPLATE if divided else TEMPLATE if made else "template0"
        _run(postgres_server, f"CREATE DATABASE {name} TEMPLATE {template}")
        return _with_database(postgres_server, name)

    yield make
    with contextlib.suppress(Exception):
        _run(postgres_server, *(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in names))


_serial = count(1)


@pytest.fixture
def once() -> Callable[[Callable[[], None]], Callable[..., None]]:
    """For the progress of a roll-out: between the leader's first batch and its second."""

    def first(action: Callable[[], None]) -> Callable[..., None]:
        left = iter([action])
        return lambda *_: next(left, lambda: None)()

    return first
