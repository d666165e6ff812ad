"""Installed binaries, or those of a wheel -> a PostgreSQL server for one run, with its databases.

Every commit is on the disk when it is told of, as it is on a server that somebody relies on.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from chaos.binaries import as_server_user, give_to_server, programs

# What anybody sets on a machine of this size; the rest is as PostgreSQL comes.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
}
_LONGEST_WAIT_SECONDS = 30
_LEFT = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_WRITTEN = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables"
_HOT = """
SELECT sum(n_tup_upd), sum(n_tup_hot_upd) FROM pg_stat_user_tables WHERE relname = 'attachment'
"""
_BYTES = "SELECT pg_table_size(%(table)s::regclass), pg_indexes_size(%(table)s::regclass)"


class Server:
    """PostgreSQL. Implements databases.Database."""

    name = "PostgreSQL"

    def __init__(self, url: str) -> None:
        self._url = url
        with psycopg.connect(url) as connection:
            number = connection.info.server_version
        self.version = f"{number // 10_000}.{number % 10_000}"

    def place(self, label: str) -> str:
        name = label.replace("-", "_")
        self._run(self._url, f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        return urlsplit(self._url)._replace(path=f"/{name}").geturl()

    def copied(self, url: str) -> str:
        """File by file, so that the copy begins as the original does, and the log stays short."""
        name = _name(url)
        self._alone(url)
        self._run(
            self._url,
            f"DROP DATABASE IF EXISTS {name}_copy",
            f"CREATE DATABASE {name}_copy TEMPLATE {name} STRATEGY file_copy",
            "CHECKPOINT",
        )
        return urlsplit(url)._replace(path=f"/{name}_copy").geturl()

    def settled(self, url: str) -> None:
        """As autovacuum would leave it."""
        self._run(url, "VACUUM (ANALYZE)", "CHECKPOINT")

    def written(self, url: str) -> object:
        """The rows that were ever written to tables of the store."""
        self._alone(url)
        return self._one(url, _WRITTEN)

    def bytes_by_table(self, url: str) -> dict[str, tuple[int, int]]:
        return {table: self._one(url, _BYTES, table=table) for table in ("attachment", "history")}

    def hot_share(self, url: str) -> float:
        """The share of updates of attachments that wrote no index, of all that there ever were."""
        self._alone(url)
        updated, hot = self._one(url, _HOT)
        return float(hot / updated)

    def log_bytes(self) -> int:
        """How much the server ever wrote to its log."""
        return int(self._one(self._url, "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")[0])

    def drop(self, url: str) -> None:
        name = _name(url)
        self._run(self._url, *(f"DROP DATABASE IF EXISTS {x}" for x in (name, f"{name}_copy")))

    def _alone(self, url: str) -> None:
        """Waits until whoever was connected has gone, and has told what it did."""
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while self._one(url, _LEFT) != (0,):
            if time.monotonic() > deadline:
                raise TimeoutError(f"somebody stays connected to {_name(url)}")
            time.sleep(0.01)

    def _one(self, url: str, statement: str, **values: Any) -> Any:
        with psycopg.connect(url, autocommit=True) as connection:
            return connection.execute(statement, values or None).fetchone()

    def _run(self, url: str, *statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server whose files lie in `folder`, reached by a socket there; stopped after the block."""
    folder.chmod(0o755)
    home = folder / "server"
    home.mkdir()
    give_to_server(home)
    user, binaries = as_server_user(), programs(folder)
    set_here = {**SETTINGS, "unix_socket_directories": str(home), "listen_addresses": ""}
    options = " ".join(f"-c {name}={value}" for name, value in set_here.items())
    control = [*user, str(binaries / "pg_ctl"), "-D", str(home / "data"), "-w"]
    for command in (
        [*user, str(binaries / "initdb"), "-D", str(home / "data"), "-A", "trust",
         "-U", "postgres", "-E", "UTF8", "--locale=C"],
        [*control, "-l", str(home / "log"), "-o", options, "start"],
    ):  # fmt: skip
        # The server keeps what it inherits open, so that a pipe would never end.
        with (folder / "server.out").open("ab") as output:
            subprocess.run(command, cwd="/", stdout=output, stderr=output, check=True)
    try:
        yield Server(f"postgresql://postgres@/postgres?host={home}")
    finally:
        subprocess.run([*control, "-m", "fast", "stop"], cwd="/", capture_output=True, check=False)


def _name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")
