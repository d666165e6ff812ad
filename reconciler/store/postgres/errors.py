"""What PostgreSQL and libpq say -> one line with a hint."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from reconciler.errors import RowsRefused, StoreBusy, StoreError

_NO_ROLE = re.compile(
    r"(?:role|user) \S+ does not exist|password authentication|authentication fail"
)
_NO_DATABASE = re.compile(r"database \S+ does not exist")
_NO_ENTRY = re.compile(r"no pg_hba.conf entry|no password supplied")
_FOR_CHECK = "run reconciler store check"
_WHO_LOCKS = "see pg_stat_activity for who holds it, and run again"
# Values that do not fit, limits that they exceed, and what functions of the database raise.
_ABOUT_ROWS = ("21", "22", "38", "39", "54", "P0")


@contextmanager
def translated(shown: str) -> Iterator[None]:
    """Turns what goes wrong in the block into StoreErrors about the store that is shown so."""
    try:
        yield
    except psycopg.Error as error:
        raise explained(error, shown) from error


def explained(error: psycopg.Error, shown: str) -> StoreError:
    """By the state that the server gives; a connection that was refused has only words."""
    store = f"the install base {shown}"
    said = _said(error)
    match error.sqlstate or "":
        case "":
            return _unconnected(error, store, said)
        case "28000" | "28P01":
            return StoreError(f"{store} refuses the user: {said}", _AUTHENTICATE)
        case "3D000":
            return StoreError(f"{store} is in a database that does not exist", _CREATE_DATABASE)
        case "25006":
            return StoreError(f"{store} is read-only", "name the primary server, not a standby")
        case "42501":
            return StoreError(
                f"{store} can't be used by this user: {said}", "grant the user what is missing"
            )
        case "53100":
            return StoreError(
                f"the disk that holds {store} is full; nothing more was written",
                "make room on the server and run again",
            )
        case "53300":
            return StoreError(f"{store} has no connection left: {said}", "raise max_connections")
        case "55P03" | "57014":
            return StoreError(f"{store} is locked by another program: {said}", _WHO_LOCKS)
        case "40P01" | "40001":
            return StoreBusy(f"{store} is locked by another program: {said}", _WHO_LOCKS)
        case "25P03" | "57P01" | "57P02" | "57P03" | "57P05":
            return _lost(store, said)
        case state if state.startswith("08"):
            return _lost(store, said)
        case state if state.startswith("23"):
            words = f"{store} refused a write that breaks one of its rules: {said}"
            return RowsRefused(words, _FOR_CHECK, said)
        case state if state.startswith(_ABOUT_ROWS):
            return RowsRefused(f"{store} refused a write: {said}", _FOR_CHECK, said)
        case "XX001" | "XX002":  # data, or an index, that can't be right
            return StoreError(
                f"{store} is damaged: {said}",
                "restore a backup, or rebuild it from the repository and the last export",
            )
        case _:
            return StoreError(f"{store} can't be used: {said}", _FOR_CHECK)


_AUTHENTICATE = "check user and password: in the URL, in PGPASSWORD, or in a password file"
_CREATE_DATABASE = "create the database (createdb), or check the URL of the store"


def _unconnected(error: psycopg.Error, store: str, said: str) -> StoreError:
    if not isinstance(error, psycopg.OperationalError):
        return StoreError(f"{store} can't be used: {said}", _FOR_CHECK)
    if _NO_DATABASE.search(said):
        return StoreError(f"{store} is in a database that does not exist", _CREATE_DATABASE)
    if _NO_ROLE.search(said):
        return StoreError(f"{store} refuses the user: {said}", _AUTHENTICATE)
    if _NO_ENTRY.search(said):
        return StoreError(f"{store} lets this user in from elsewhere only: {said}", _AUTHENTICATE)
    if "server closed the connection" in said or "the connection is lost" in said:
        return _lost(store, said)
    return StoreError(f"{store} can't be connected to: {said}",
                      "check the URL of the store, and that the server runs")  # fmt: skip


def _lost(store: str, said: str) -> StoreError:
    return StoreError(
        f"the connection to {store} was lost: {said}; nothing more was written",
        "run again: what was accepted is finished by the next pass",
    )


def _said(error: psycopg.Error) -> str:
    """In one line: the first sentence of the server, or all that libpq tells."""
    words = error.diag.message_primary or str(error) or type(error).__name__
    return " ".join(words.split())
