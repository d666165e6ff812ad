"""Installed binaries, or those of a wheel -> a PostgreSQL server that may be struck and restarted.

Commits are written before they are answered, so that a crash of the server loses none; only the
disk itself is not waited for, since no test takes the power away.
"""

import os
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

from chaos.binaries import as_server_user, give_to_server, programs

_OPTIONS = (
    "-c fsync=off -c full_page_writes=off -c listen_addresses= -c max_connections=200"
    " -c autovacuum_naptime=5"
)


@dataclass
class Server:
    """A server of our own, reached by a socket in its folder."""

    folder: Path
    binaries: Path
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @classmethod
    def started(cls, folder: Path) -> "Server":
        """Makes a server in a new folder, and starts it."""
        folder.mkdir()
        server = cls(folder=folder, binaries=programs(folder))
        (folder / "home").mkdir()
        give_to_server(folder / "home")
        folder.chmod(0o755)
        server._run(
            "initdb", "-D", str(server.data), "-A", "trust", "-U", "postgres", "-E", "UTF8",
            "--locale=C", "--no-sync",
        )  # fmt: skip
        server.start()
        return server

    @property
    def home(self) -> Path:
        """Where data, log and socket lie."""
        return self.folder / "home"

    @property
    def data(self) -> Path:
        return self.home / "data"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        options = f"{_OPTIONS} -c unix_socket_directories={self.home}"
        self._run(
            "pg_ctl", "-D", str(self.data), "-w", "-l", str(self.home / "log"), "-o", options,
            "start",
        )  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """`mode`: fast rolls back and shuts down, immediate is a crash."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def restart(self, mode: str) -> None:
        """Ends every connection; see stop()."""
        self.stop(mode)
        self.start()

    def url(self, database: str = "postgres", socket_folder: Path | None = None) -> str:
        """Of a database; `socket_folder` when somebody stands in between."""
        return f"postgresql://postgres@/{database}?host={socket_folder or self.home}"

    def new_database(self, tablespace: str = "pg_default") -> str:
        """An empty database; its name."""
        name = f"base_{next(self.numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0 TABLESPACE {tablespace}")
        return name

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Runs one statement past the program; its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def processes(self) -> list[int]:
        """The server's own process and those of its connections."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        return [first, *(int(str(pid)) for (pid,) in self.sql(_BACKENDS))]

    def _run(self, program: str, *words: str) -> None:
        # The server keeps what it inherits open, so that a pipe would never end.
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                [*as_server_user(), str(self.binaries / program), *words],
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=True,
            )


_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
