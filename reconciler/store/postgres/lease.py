"""One row with a fencing token -> the lease, which runs out by the server's clock.

Each transaction of the holder renews it, which also locks the row: nobody takes the lease over in
the middle of a transaction. Between them, while a long plan is made, a thread renews it. A process
that was stopped renews nothing; a transaction that it had begun is ended by the server when the
lease runs out, and what it tries afterwards finds another token.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic

from reconciler.errors import LeaseHeld, LeaseLost, StoreError
from reconciler.store.connection import Connection, Values
from reconciler.store.postgres import sharing
from reconciler.store.postgres.connection import PostgresConnection, PostgresWriter, connected
from reconciler.store.postgres.schema import check_version
from reconciler.store.postgres.url import Address
from reconciler.store.session import lost

SECONDS_VARIABLE = "RECONCILER_LEASE_SECONDS"
_SECONDS = 30.0
_RENEWALS = 3  # in the time that a lease lasts
_LONGEST_STEP_SECONDS = 0.25

_EXPIRY = "clock_timestamp() + make_interval(secs => :seconds)"
# A row that its holder's transaction has locked is skipped: the lease is held.
_TAKE = f"""
UPDATE lease SET token = token + 1, host = :host, pid = :pid, since = clock_timestamp(),
    renewed_at = clock_timestamp(), expires_at = {_EXPIRY}
WHERE one = (
    SELECT one FROM lease WHERE coalesce(expires_at <= clock_timestamp(), TRUE)
    FOR UPDATE SKIP LOCKED
)
RETURNING token
"""
_RENEW = f"""
UPDATE lease SET renewed_at = clock_timestamp(), expires_at = {_EXPIRY}
WHERE token = :token RETURNING token
"""
# The server's time-out is for transactions that idle; a process that is stopped, or cut off, in the
# middle of a statement (COPY, a pipeline) keeps it waiting for the rest, and the row locked, for
# ever. Only processes of the same user can be ended.
_END_SILENT = """
SELECT pg_terminate_backend(holder.pid)
FROM lease
JOIN pg_locks ON locktype = 'transactionid' AND granted AND transactionid = lease.xmax
JOIN pg_stat_activity AS holder ON holder.pid = pg_locks.pid
WHERE expires_at <= clock_timestamp()
    AND holder.wait_event = 'ClientRead'
    AND holder.state_change <= clock_timestamp() - (expires_at - renewed_at)
    AND holder.usename = current_user
"""
_RELEASE = "UPDATE lease SET expires_at = NULL WHERE token = :token"
_HOLDER = """
SELECT host, pid, to_char(since AT TIME ZONE 'UTC', 'HH24:MI:SS'),
    greatest(0, extract(epoch FROM clock_timestamp() - renewed_at))::float
FROM lease
"""


class RowLease:
    """Implements connection.Lease."""

    def __init__(self, token: int, seconds: float) -> None:
        self.token = token
        self._seconds = seconds
        self._fenced = False

    def confirm(self, connection: Connection) -> None:
        """Renews the lease, and locks it until the transaction ends. Raises LeaseLost."""
        values = {"token": self.token, "seconds": self._seconds}
        if connection.execute(_RENEW, values).fetchone() is None:
            raise lost()

    def fence(self, connection: Connection) -> int:
        """The same; the first one ends what workers may still do for an earlier holder."""
        self.confirm(connection)
        if not self._fenced:
            sharing.end(connection)
        return self.token

    def fenced(self, token: int) -> None:
        """From now on there are only workers of ours."""
        assert token == self.token
        self._fenced = True

    def share(self, connection: Connection, packs: Sequence[Values], common: Values) -> None:
        """From the end of this transaction on, workers may help."""
        sharing.begin(connection, self.token, packs, common)

    def helped(self, connection: Connection) -> Mapping[int, int]:
        """pack number -> rows that workers moved, and that were not asked for yet."""
        return sharing.counted(connection)

    def unshare(self, connection: Connection) -> None:
        """Waits for workers in the middle of a transaction; what they counted stays."""
        sharing.end(connection, counts=False)


@contextmanager
def leased(address: Address, wait_seconds: float) -> Iterator[tuple[PostgresWriter, RowLease]]:
    """Holds the lease for the block. Raises LeaseHeld after waiting, or StoreError."""
    seconds = lease_seconds()
    with connected(address) as connection:
        check_version(connection, address.shown)
        lease = RowLease(_taken(connection, wait_seconds, seconds), seconds)
        ended = Event()
        renewing = Thread(target=_renew, args=(address, lease, ended, seconds), daemon=True)
        renewing.start()
        try:
            yield PostgresWriter(address, connection, stopped_seconds=seconds), lease
        finally:
            ended.set()
            renewing.join()
            # A lost connection lets the lease run out instead.
            with suppress(Exception):
                connection.execute(_RELEASE, {"token": lease.token})


def lease_seconds() -> float:
    """How long a lease lasts, and a transaction whose process does not go on. Raises StoreError."""
    text = os.environ.get(SECONDS_VARIABLE)
    try:
        seconds = _SECONDS if text is None else float(text)
    except ValueError:
        seconds = 0.0
    if not 0.5 <= seconds <= 3600:
        raise StoreError(
            f"{SECONDS_VARIABLE} is {text!r}, which is no number of seconds from 0.5 to 3600",
            f"leave it out: a lease lasts {_SECONDS:.0f} s",
        )
    return seconds


def _taken(connection: PostgresConnection, wait_seconds: float, seconds: float) -> int:
    deadline, step, pause = monotonic() + wait_seconds, 0.01, Event()
    values = {"host": os.uname().nodename, "pid": os.getpid(), "seconds": seconds}
    while True:
        row = connection.execute(_TAKE, values).fetchone()
        if row is not None:
            return int(row[0])
        connection.execute(_END_SILENT)
        left = deadline - monotonic()
        if left <= 0:
            raise _held(connection, wait_seconds)
        pause.wait(min(step, left))
        step = min(2 * step, _LONGEST_STEP_SECONDS)


def _held(connection: PostgresConnection, wait_seconds: float) -> LeaseHeld:
    host, pid, since, renewed = connection.execute(_HOLDER).fetchone()
    return LeaseHeld(
        f"another reconciler (host {host}, pid {pid}) holds this store since {since} UTC and"
        f" renewed {renewed:.0f} s ago; waited {wait_seconds:.0f} s",
        "run again, or stop the other one",
    )


def _renew(address: Address, lease: RowLease, ended: Event, seconds: float) -> None:
    """Until the session ends; trouble with the connection is met by the next attempt.

    A transaction of the session itself may hold the row, and has then renewed it as well.
    """
    step = seconds / _RENEWALS
    while not ended.wait(step):
        with suppress(StoreError), connected(address) as connection:
            writer = PostgresWriter(address, connection, locked_seconds=step)
            try:
                with writer.transaction() as renewing:
                    lease.confirm(renewing)
            except LeaseLost:
                return
