"""An address -> connections that are kept for whoever needs one next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from reconciler.errors import StoreError
from reconciler.store.postgres.connection import PostgresConnection, check_server, options
from reconciler.store.postgres.errors import translated
from reconciler.store.postgres.url import Address

_WAIT_SECONDS = 5.0
_RECONNECT_SECONDS = 10.0


class Pool:
    """At most `size` connections; each is tried before it is given out, and replaced when lost."""

    def __init__(self, address: Address, size: int) -> None:
        self._address = address
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            kwargs=options(address),
            min_size=1,
            max_size=size,
            timeout=_WAIT_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            check=ConnectionPool.check_connection,
            open=True,
        )

    @contextmanager
    def connected(self) -> Iterator[PostgresConnection]:
        """A connection for the block. Raises StoreError, also when none is free for 5 s."""
        with translated(self._address.shown):
            try:
                raw = self._pool.getconn()
            except (PoolTimeout, PoolClosed) as error:
                raise StoreError(
                    f"the install base {self._address.shown} has no connection for us:"
                    f" none in {_WAIT_SECONDS:.0f} s",
                    "see whether the server runs; with --connections more are kept",
                ) from error
            try:
                check_server(raw, self._address)
                yield PostgresConnection(raw)
            finally:
                self._pool.putconn(raw)

    def close(self) -> None:
        """Those that are in use end with their use."""
        self._pool.close()
