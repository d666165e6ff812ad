"""Tokens, sessions of browsers, failed sign-ins, and answers that are given again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from reconciler.model.access import BrowserSession, Principal, Role, Token

FAILURES_ALLOWED = 5
FAILURES_FOR = timedelta(minutes=15)
ANSWERS_FOR = timedelta(hours=24)
ANSWERING_FOR = timedelta(seconds=60)


class Access(Protocol):
    """Who may use the HTTP API and the pages. Every `now` is aware, in UTC.

    Of tokens and session ids only the digest comes here to be looked for (model/tokens.py).
    """

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
        """A new token and its text, which is nowhere kept; with the event token-created.

        Raises RequestRefused: a name that can't be shown, an end that is past, a role account
        without an account, or one that the store does not know.
        """
        ...

    def token(self, digest: str) -> Token | None:
        """The token with this digest, whatever its state; one look-up.

        None also for one of an account that is no more.
        """
        ...

    def tokens(
        self,
        *,
        account: str | None = None,
        live_at: datetime | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Sequence[Token]:
        """In the order in which they were made, those with a number above `after`.

        `live_at`: only those that are neither revoked nor expired then.
        """
        ...

    def revoke_token(self, number: int, *, now: datetime, actor: str) -> Token | None:
        """Ends the token and its sessions, with the event token-revoked; None: there is none.

        One that was revoked before stays as it is, without an event.
        """
        ...

    def used(self, uses: Mapping[int, datetime]) -> None:
        """Tokens were used, by number; written at most once a minute for each, all at once."""
        ...

    def begin_session(
        self, digest: str, principal: Principal, *, now: datetime, expires_at: datetime
    ) -> None:
        """A browser signed in. Raises RequestRefused for an account that the store does not
        know, and for a token that was revoked meanwhile.
        """
        ...

    def session(self, digest: str) -> BrowserSession | None:
        """The session with this digest, which may have ended; one look-up."""
        ...

    def end_session(self, digest: str) -> None:
        """A browser signed out."""
        ...

    def end_sessions(self, person: str | None, *, now: datetime, actor: str) -> int:
        """Ends all sessions, or those of one (the name of a principal); returns how many.

        With the event sessions-ended, unless there was none.
        """
        ...

    def blocked_until(self, origins: Collection[str], now: datetime) -> datetime | None:
        """When signing in may be tried again from one of these; None: now."""
        ...

    def failed(self, origins: Collection[str], now: datetime) -> None:
        """Signing in failed; FAILURES_ALLOWED within FAILURES_FOR block an origin."""
        ...

    def sweep(self, now: datetime) -> int:
        """Drops sessions, failures and answers whose time is over; returns how many rows."""
        ...


class Unanswered(Enum):
    """Why a request with an Idempotency-Key is neither to be answered nor was."""

    OTHER_REQUEST = "other"  # the key was used for another request
    BEING_ANSWERED = "busy"  # by another thread or process, since less than ANSWERING_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered. `body` None: it held a secret, which is nowhere kept."""

    status: int
    headers: Mapping[str, str]
    body: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """The right to answer a request; `since` tells it from that of whoever takes it over."""

    principal: str
    key: str
    since: datetime


class Answers(Protocol):
    """First answers to requests with an Idempotency-Key, for ANSWERS_FOR."""

    def begin(
        self, principal: str, key: str, request: str, now: datetime
    ) -> Answering | Answer | Unanswered:
        """`request` is a digest of all that makes the request this one.

        Whoever gets an Answering ends it by keep() or forget(). If it was killed, the next request
        takes over after ANSWERING_FOR: what is asked for may be done again, since every action of
        the API comes to the same when it is repeated.
        """
        ...

    def keep(self, answering: Answering, answer: Answer) -> None:
        """Nothing, when another has taken over."""
        ...

    def forget(self, answering: Answering) -> None:
        """Nothing was done: the same request may be tried again."""
        ...
