"""The disk and the locks under a store -> full, or in another program's hands, for a while."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import psycopg

from chaos.arena import Arena, Fault, ended_in_one_line, proceed, until, until_stopped
from chaos.binaries import give_to_server
from chaos.server import Server
from chaos.twins import scenes

NewUrl = Callable[[], str]


def limited_files(arena: Arena, new_url: NewUrl, rng: Random, steps: int | None = None) -> int:
    """No file of the pass may grow beyond a random size, as on a full disk; how often it failed."""
    failed = 0
    for scene in scenes(arena, new_url, count=steps):
        most = rng.randint(4_096, 160_000)
        limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most, most))
        process = arena.start("apply", "--now", scene.step.now, before=limit)
        failed += ended_in_one_line(arena.end(process), 0, 1).code
        arena.finish(scene.step.now)
    return failed


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own for a server's tables. Raises PermissionError without the right."""
    with tempfile.TemporaryDirectory(prefix="disk-") as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "tables"
        place.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(place)]
        if subprocess.run(words, capture_output=True, check=False).returncode != 0:
            raise PermissionError("only root can mount a file system")
        try:
            give_to_server(place)
            yield place
        finally:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


def full_disk(
    arena: Arena, new_url: NewUrl, rng: Random, disk: Path, steps: int | None = None
) -> int:
    """Somebody fills the disk of the tables in the middle of a pass, all but a random rest."""
    failed = 0
    for scene in scenes(arena, new_url, count=steps):
        fate = f"stop:{rng.randint(2, scene.writes)}"
        process = arena.start("apply", "--now", scene.step.now, fate=fate)
        until_stopped(process)
        with _filled(disk, leaving=rng.randint(0, 6) * 8_192):
            proceed(process)
            done = ended_in_one_line(arena.end(process), 0, 1)
        # A server whose disk is full may be unable to take a connection at all.
        if done.code and "is full" not in done.told and "could not write" not in done.told:
            raise Fault(f"a full disk is not called one: {done.told!r}")
        failed += done.code
        arena.finish(scene.step.now)
    return failed


@contextlib.contextmanager
def _filled(disk: Path, leaving: int) -> Iterator[None]:
    filler = disk / "filler"
    free = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - leaving))
    try:
        yield
    finally:
        filler.unlink()


def locked_file(arena: Arena, new_url: NewUrl, rng: Random, steps: int | None = None) -> int:
    """Another program locks the SQLite file again and again; returns how often it did."""
    path, locks = arena.store_url.removeprefix("sqlite:///"), 0
    for scene in scenes(arena, new_url, count=steps):
        ended = threading.Event()
        times: list[float] = []
        other = threading.Thread(target=_lock, args=(path, rng.randint(0, 9999), ended, times))
        other.start()
        try:
            ended_in_one_line(arena.run("apply", "--now", scene.step.now), 0)
        finally:
            ended.set()
            other.join()
        locks += len(times)
    return locks


def _lock(path: str, seed: int, ended: threading.Event, times: list[float]) -> None:
    rng = Random(seed)
    while not ended.wait(rng.uniform(0.05, 0.1)):
        if not Path(path).exists():
            continue
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            with contextlib.suppress(sqlite3.OperationalError):
                other.execute("BEGIN IMMEDIATE")
                times.append(rng.uniform(0.05, 0.3))
                ended.wait(times[-1])
            if other.in_transaction:
                other.execute("ROLLBACK")


_LOCKS = (
    "SELECT number FROM chain_end FOR UPDATE",
    "SELECT id FROM pack FOR UPDATE",
    "SELECT pack_id FROM attachment FOR UPDATE",
    "LOCK TABLE history IN EXCLUSIVE MODE",
)


def locked_tables(
    arena: Arena, new_url: NewUrl, rng: Random, server: Server, steps: int | None = None
) -> int:
    """Another session locks what a pass needs, until the pass is seen to wait for it."""
    waited = 0
    for scene in scenes(arena, new_url, count=steps):
        database = arena.store_url.partition("?")[0].rpartition("/")[2]
        with psycopg.connect(server.url(database)) as other:
            if server.sql("SELECT to_regclass('attachment')", database) != [(None,)]:
                other.execute(rng.choice(_LOCKS).encode())
            process = arena.start("apply", "--now", scene.step.now)
            _until_waiting(process, server)
            waited += process.poll() is None
        ended_in_one_line(arena.end(process), 0)
    return waited


def _until_waiting(process: "subprocess.Popen[str]", server: Server) -> None:
    """Until it waits for a lock, or has ended."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    until(lambda: process.poll() is not None or server.sql(waiting))
