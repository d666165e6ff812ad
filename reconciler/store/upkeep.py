"""A store -> the same at the newest schema version, or a copy of it in another file."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reconciler.errors import LeaseHeld, StoreError
from reconciler.store import locks, schema, sqlite
from reconciler.store.urls import Place


def migrate_store(place: Place) -> int:
    """Brings it to the newest version, which is returned; makes one when there is none.

    Raises LeaseHeld while a pass runs: its statements expect the tables as they were.
    """
    try:
        with (
            sqlite.locked(place, ".lease", 0),
            sqlite.writing(place, create=True) as writer,
            writer.transaction() as connection,
        ):
            return schema.create_or_migrate(connection, place.shown)
    except locks.LockBusy:
        raise LeaseHeld(
            f"a reconciler works on the install base {place.shown}; it was not migrated",
            "stop it, or wait until its pass is over",
        ) from None


def back_up(place: Place, target_path: str) -> None:
    """Copies all pages inside one read transaction, which no writer can change.

    A store of an older schema version too: that is when a backup is wanted.
    """
    with appearing(Path(target_path)) as partial:
        _copy(place, partial)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """The file under another name, for the block that writes it; it appears when it is complete.

    Raises StoreError, also when the file exists already.
    """
    if target.exists():
        raise StoreError(f"{target} exists already", "name a file that does not exist")
    if not target.parent.is_dir():
        raise StoreError(
            f"the backup {target} can't be written: there is no folder {target.parent}",
            "create the folder",
        )
    partial = target.with_name(target.name + ".partial")
    try:
        partial.unlink(missing_ok=True)
        yield partial
        _keep(partial)
        # Unlike a rename, a link never replaces what somebody else put there meanwhile.
        os.link(partial, target)
    except OSError as error:
        raise StoreError(
            f"the backup {target} can't be written: {error.strerror}",
            "check the folder, its permissions and its free space",
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def _copy(place: Place, partial: Path) -> None:
    with sqlite.reading(place, outdated=True) as source:
        try:
            with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
                source.backup(copy)
        except sqlite3.Error as error:
            raise StoreError(
                f"the backup {partial} can't be written: {error}",
                "check the folder, its permissions and its free space",
            ) from error


def _keep(path: Path) -> None:
    """On the disk, not only in the system's memory, before the file gets its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
