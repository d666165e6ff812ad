"""A process that many ask: connections are kept, replaced when lost, and never too many."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from reconciler.errors import StoreError
from reconciler.ports import Store
from reconciler.store import open_store, pooling, views_of

pytestmark = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def test_what_is_written_beside_it_is_read(store: Store, store_url: str, world: Any) -> None:
    other = open_store(store_url, mode="write", clock=world.clock)
    with pooling(store, 2):
        assert store.applied() is None
        world.fill(other, world.pack(), rows=(world.row("acme", release="1.0.0"),))
        assert [row.key.account for row in store.attached()] == ["acme"]
        later = world.row("globex", release="1.0.0")
        world.later(minutes=1)
        world.fill(store, world.pack(), rows=(later,))
        assert len(views_of(store).attachments(limit=5)) == 2
    assert len(list(store.attached())) == 2


def test_many_threads_share_few_connections(store: Store, world: Any) -> None:
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    read: list[int] = []
    with pooling(store, 2):
        threads = [
            Thread(target=lambda: read.append(len(views_of(store).attachments(limit=5))))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert read == [1] * 20


def test_a_read_that_is_left_half_way_harms_nobody(store: Store, world: Any) -> None:
    rows = tuple(world.row(f"a{number}", release="1.0.0") for number in range(20))
    world.fill(store, world.pack(), rows=rows)
    with pooling(store, 1):
        for _ in range(3):
            stream = store.attached()
            next(stream)
            stream.close()  # type: ignore[attr-defined]
        with pytest.raises(RuntimeError, match="mine"):
            store.request("a1", "orders", _failing)
        assert len(list(store.attached())) == 20


def _failing(base: object) -> Any:  # noqa: ARG001
    raise RuntimeError("mine")


def test_a_store_that_was_put_in_the_place_of_another_is_seen(
    database: str, store: Store, store_path: Path, new_url: Callable[..., str], world: Any
) -> None:
    if database != "sqlite":
        pytest.skip("a server keeps its own files")
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    other = open_store(new_url(), mode="create", clock=world.clock)
    with pooling(store, 2):
        assert len(list(store.attached())) == 1
        copy = store_path.with_suffix(".other")
        shutil.copy(str(new_path(other)), copy)
        copy.replace(store_path)
        assert list(store.attached()) == []


def new_path(store: Any) -> Path:
    """The file of a store."""
    found: Path = store.database.place.path
    return found


def test_lost_connections_are_replaced(
    database: str, store: Store, store_url: str, world: Any
) -> None:
    if database != "postgresql":
        pytest.skip("a file has no connection to lose")
    world.fill(store, world.pack(), rows=(world.row("acme", release="1.0.0"),))
    with pooling(store, 3):
        assert store.applied() is not None
        with psycopg.connect(store_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        assert store.applied() is not None
        assert len(list(store.attached())) == 1


def test_who_finds_no_connection_is_told_so(
    database: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database != "postgresql":
        pytest.skip("a file can be opened as often as one likes")
    monkeypatch.setattr("reconciler.store.postgres.pool._WAIT_SECONDS", 0.2)
    reading = store.database.reading  # type: ignore[attr-defined]
    refused = pytest.raises(StoreError, match="no connection for us")
    with pooling(store, 1), reading(), refused:
        store.applied()
    assert store.applied() is None
