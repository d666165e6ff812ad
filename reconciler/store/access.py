"""A database -> ports.Access: each call has a connection of its own, and one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from reconciler.model.access import BrowserSession, Principal, Role, Token
from reconciler.store import signing_in, tokens
from reconciler.store.connection import Connection, Database


class SqlAccess:
    """Implements ports.Access; may be used from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._database.writing() as writer, writer.transaction() as connection:
            yield connection

    def create_token(
        self,
        name: str,
        role: Role,
        *,
        account: str | None = None,
        expires_at: datetime | None,
        now: datetime,
        actor: str,
    ) -> tuple[Token, str]:
        """With its event. Raises RequestRefused."""
        with self._writing() as connection:
            return tokens.create(
                connection, name, role, account, expires_at=expires_at, now=now, actor=actor
            )

    def token(self, digest: str) -> Token | None:
        """By one look-up in an index."""
        with self._database.reading() as connection:
            return tokens.by_digest(connection, digest)

    def tokens(
        self,
        *,
        account: str | None = None,
        live_at: datetime | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Sequence[Token]:
        """In the order in which they were made."""
        with self._database.reading() as connection:
            return tokens.listed(connection, account, live_at, after, limit)

    def revoke_token(self, number: int, *, now: datetime, actor: str) -> Token | None:
        """With its event, once; sessions that began with it end."""
        with self._writing() as connection:
            return tokens.revoke(connection, number, now, actor)

    def used(self, uses: Mapping[int, datetime]) -> None:
        """In one transaction, however many they are."""
        if uses:
            with self._writing() as connection:
                tokens.used(connection, uses)

    def begin_session(
        self, digest: str, principal: Principal, *, now: datetime, expires_at: datetime
    ) -> None:
        """Raises RequestRefused for a revoked token, and an account that is not known."""
        with self._writing() as connection:
            signing_in.begin(connection, digest, principal, now, expires_at)

    def session(self, digest: str) -> BrowserSession | None:
        """By one look-up in an index, with its token."""
        with self._database.reading() as connection:
            return signing_in.by_digest(connection, digest)

    def end_session(self, digest: str) -> None:
        """Nothing when it is over already."""
        with self._writing() as connection:
            signing_in.end(connection, digest)

    def end_sessions(self, person: str | None, *, now: datetime, actor: str) -> int:
        """With its event."""
        with self._writing() as connection:
            return signing_in.end_all(connection, person, now, actor)

    def blocked_until(self, origins: Collection[str], now: datetime) -> datetime | None:
        """The latest of them; None: none is blocked."""
        with self._database.reading() as connection:
            return signing_in.blocked_until(connection, origins, now)

    def failed(self, origins: Collection[str], now: datetime) -> None:
        """Counted for each of them."""
        with self._writing() as connection:
            signing_in.failed(connection, origins, now)

    def sweep(self, now: datetime) -> int:
        """Looks first, so that a store with nothing to drop is not written to."""
        with self._database.reading() as connection:
            if not signing_in.anything_to_sweep(connection, now):
                return 0
        with self._writing() as connection:
            return signing_in.sweep(connection, now)
