"""A lock on a file beside a SQLite store -> the lease, and the fencing token that counts it.

The lock goes with its process and names its holder. The row in the store counts the holders that
wrote: the first write of a session takes the next number, so that a pass that writes nothing
changes no byte of the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from reconciler.errors import LeaseHeld
from reconciler.store import locks, sqlite
from reconciler.store.connection import Connection, Values, Writer
from reconciler.store.holder import Holder, told_holder
from reconciler.store.session import lost
from reconciler.store.urls import Place

# The time of the lease is the database's, never that of --now.
_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
_TAKE = f"""
INSERT INTO lease (one, token, host, pid, since, renewed_at)
SELECT 1, 1, :host, :pid, {_NOW}, {_NOW}
WHERE coalesce((SELECT token FROM lease), 0) = :seen
ON CONFLICT (one) DO UPDATE SET
    token = token + 1, host = :host, pid = :pid, since = {_NOW}, renewed_at = {_NOW}
RETURNING token
"""
_RENEW = f"UPDATE lease SET renewed_at = {_NOW} WHERE token = :token RETURNING token"
_NOW_SECONDS = "SELECT CAST(strftime('%s', 'now') AS INTEGER)"
_SEEN = "SELECT coalesce((SELECT token FROM lease), 0)"


class FileLease:
    """Implements connection.Lease for a holder of the lock file."""

    def __init__(self, connection: Connection, holder: Holder) -> None:
        self._holder = holder
        self._seen: int = connection.execute(_SEEN).fetchone()[0]
        self._token: int | None = None

    def confirm(self, connection: Connection) -> None:
        """Only looks: the one row is the pass's only write. Raises LeaseLost."""
        expected = self._seen if self._token is None else self._token
        if connection.execute(_SEEN).fetchone()[0] != expected:
            raise lost()

    def fence(self, connection: Connection) -> int:
        """Takes the next token, or renews the one that was taken. Raises LeaseLost."""
        if self._token is None:
            row = connection.execute(_TAKE, {**self._holder.row, "seen": self._seen}).fetchone()
        else:
            row = connection.execute(_RENEW, {"token": self._token}).fetchone()
        if row is None:
            raise lost()
        return int(row[0])

    def fenced(self, token: int) -> None:
        """The token is ours from now on."""
        self._token = token
        self._holder.renew()

    def share(self, connection: Connection, packs: Sequence[Values], common: Values) -> None:
        """Nobody can help: one process writes at a time."""

    def helped(self, connection: Connection) -> Mapping[int, int]:  # noqa: ARG002
        """Nobody did."""
        return {}

    def unshare(self, connection: Connection) -> None:
        """Nobody does."""


@contextmanager
def leased(place: Place, wait_seconds: float) -> Iterator[tuple[Writer, FileLease]]:
    """Holds the lock file for the block. Raises LeaseHeld after waiting, or StoreError."""
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(sqlite.locked(place, ".lease", wait_seconds))
        except locks.LockBusy:
            raise _held(place, wait_seconds) from None
        holder = Holder(descriptor)
        writer = stack.enter_context(sqlite.writing(place))
        yield writer, FileLease(writer.connection, holder)


def _held(place: Place, wait_seconds: float) -> LeaseHeld:
    hint = "run again, or stop the other one"
    waited = f"waited {wait_seconds:.0f} s"
    with sqlite.reading(place) as connection:
        now_seconds = connection.execute(_NOW_SECONDS).fetchone()[0]
    told = told_holder(place.beside(".lease"), now_seconds)
    return LeaseHeld(f"another reconciler{told}; {waited}", hint)
