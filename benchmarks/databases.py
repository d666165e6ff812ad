"""A kind of database -> places for stores in it, copies of them, and what can be told of them."""

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

_PREFIX = "sqlite:///"


class Database(Protocol):
    """Where the stores of one run lie; a store is named by its URL."""

    @property
    def name(self) -> str:
        """As the table calls it."""
        ...

    def place(self, label: str) -> str:
        """The URL of a place where a store can be made."""
        ...

    def copied(self, url: str) -> str:
        """Another store of the same content, for a baseline to write to; replaces an older copy."""
        ...

    def settled(self, url: str) -> None:
        """Tidied up after a bulk load, so that what is measured next pays nothing of it."""
        ...

    def written(self, url: str) -> object:
        """Something that differs when anything was written."""
        ...

    def bytes_by_table(self, url: str) -> dict[str, tuple[int, int]]:
        """Bytes on the disk of the tables that grow, and of their indexes."""
        ...

    def drop(self, url: str) -> None:
        """Takes a store and its copy away."""
        ...


class Files:
    """SQLite. Implements Database."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, label: str) -> str:
        folder = self._folder / label
        folder.mkdir(parents=True)
        return f"{_PREFIX}{folder / 'install-base.db'}"

    def copied(self, url: str) -> str:
        file = _file(url)
        copy = file.with_name("copy.db")
        shutil.copyfile(file, copy)
        return f"{_PREFIX}{copy}"

    def settled(self, url: str) -> None:
        """Nothing: the last writer left no log behind."""

    def written(self, url: str) -> object:
        """The file's last write and content, and its log; the index beside it is SQLite's own."""
        file = _file(url)
        log = file.with_name(f"{file.name}-wal")
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return file.stat().st_mtime_ns, digest, log.read_bytes() if log.exists() else b""

    def bytes_by_table(self, url: str) -> dict[str, tuple[int, int]]:
        """By SQLite's own statistics; a table without row ids is its index."""
        statement = """
        SELECT sum(pgsize * (name = tbl_name)), sum(pgsize * (name <> tbl_name))
        FROM dbstat JOIN sqlite_schema USING (name) WHERE tbl_name = ?
        """
        with closing(sqlite3.connect(_file(url))) as connection:
            return {
                table: connection.execute(statement, (table,)).fetchone()
                for table in ("attachment", "history")
            }

    def drop(self, url: str) -> None:
        shutil.rmtree(_file(url).parent)


def _file(url: str) -> Path:
    return Path(url.removeprefix(_PREFIX))
