"""A publisher and stores for faults: on a file, on the suite's server, on a server of our own."""

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from chaos.arena import Arena
from chaos.publisher import Publisher
from chaos.server import Server

NewUrl = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which database the store lies in."""
    return str(request.param)


@pytest.fixture
def new_url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> NewUrl:
    """Names stores that are not there yet."""
    numbers = count(1)

    def named() -> str:
        if database == "postgresql":
            return str(request.getfixturevalue("new_database")())
        folder = tmp_path / f"store-{next(numbers)}"
        folder.mkdir()
        return f"sqlite:///{folder / 'install-base.db'}"

    return named


@pytest.fixture
def new_arena(tmp_path: Path, new_url: NewUrl) -> Iterator[Callable[..., Arena]]:
    """A publisher with so many accounts, and a store that no pass has made yet."""
    made: list[Arena] = []

    def make(accounts: int, *, batch: int, url: str | None = None) -> Arena:
        publisher = Publisher(folder=tmp_path / "repository", accounts=accounts)
        arena = Arena(publisher=publisher, store_url=url or new_url(), folder=tmp_path, batch=batch)
        made.append(arena)
        return arena

    yield make
    for arena in made:
        arena.close()


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A server that no other test uses, so that it may be struck."""
    with tempfile.TemporaryDirectory(prefix="reconciler-chaos-") as folder:
        Path(folder).chmod(0o755)
        server = Server.started(Path(folder) / "server")
        yield server
        server.stop()
