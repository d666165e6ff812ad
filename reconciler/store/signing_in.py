"""Browsers that signed in -> rows of sessions, and those that could not -> counted failures."""

import hmac
from collections.abc import Collection
from datetime import datetime

from reconciler.model.access import BrowserSession, Principal, Role
from reconciler.model.events import EventDraft, EventKind
from reconciler.ports.access import ANSWERS_FOR, FAILURES_ALLOWED, FAILURES_FOR
from reconciler.store import codec, log, tokens
from reconciler.store.connection import Connection

_MOST_ORIGINS = 100_000

_PUT = """
INSERT INTO session (digest, token_id, subject, role, account_id, created_at, expires_at)
VALUES (:digest, :token, :subject, :role, (SELECT id FROM account WHERE name = :account), :at,
    :expires_at)
"""
_BY_DIGEST = f"""
SELECT session.digest, session.subject, session.role, account.name, session.created_at,
    session.expires_at, {tokens.COLUMNS}
FROM session
LEFT JOIN account ON account.id = session.account_id
LEFT JOIN token ON token.id = session.token_id
{tokens.ACCOUNT}
WHERE session.digest = :digest AND (session.account_id IS NULL OR account.name NOT LIKE '%~%')
"""
_END = "DELETE FROM session WHERE digest = :digest"

_FAILED = """
INSERT INTO failed_login (origin, since, failures) VALUES (:origin, :at, 1)
ON CONFLICT (origin) DO UPDATE SET
    failures = CASE WHEN failed_login.since > :before THEN failed_login.failures + 1 ELSE 1 END,
    since = CASE WHEN failed_login.since > :before THEN failed_login.since ELSE :at END
"""
_BLOCKED = """
SELECT since FROM failed_login
WHERE origin = :origin AND since > :before AND failures >= :allowed
"""

# What time has ended; then failures beyond so many, the oldest first.
_SWEPT = (
    ("session", "expires_at <= :now"),
    ("failed_login", "since <= :forgiven"),
    ("answered", "at <= :forgotten"),
    (
        "failed_login",
        f"since < (SELECT since FROM failed_login ORDER BY since DESC LIMIT 1"
        f" OFFSET {_MOST_ORIGINS})",
    ),
)


def begin(
    connection: Connection, digest: str, principal: Principal, now: datetime, expires_at: datetime
) -> None:
    """See ports.Access.begin_session; inside the caller's transaction."""
    if principal.token_id is not None:
        tokens.require_live(connection, principal.token_id)
    if principal.account is not None:
        tokens.require_account(connection, principal.account)
    values = {
        "digest": digest,
        "token": principal.token_id,
        "subject": principal.name,
        "role": principal.role.value,
        "account": principal.account,
        "at": codec.time_text(now),
        "expires_at": codec.time_text(expires_at),
    }
    connection.execute(_PUT, values)


def by_digest(connection: Connection, digest: str) -> BrowserSession | None:
    """See ports.Access.session."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).fetchone()
    if row is None:
        return None
    kept, subject, role, account, created_at, expires_at, *columns = row
    if not hmac.compare_digest(kept, digest):
        return None
    token = None if columns[0] is None else tokens.token_of(columns)
    principal = Principal(
        name=subject,
        role=Role(role),
        account=account,
        token_id=None if token is None else token.id,
    )
    return BrowserSession(
        principal=principal,
        created_at=codec.time_of(created_at),
        expires_at=codec.time_of(expires_at),
        token=token,
    )


def end(connection: Connection, digest: str) -> None:
    """See ports.Access.end_session; inside the caller's transaction."""
    connection.execute(_END, {"digest": digest})


def end_all(connection: Connection, person: str | None, now: datetime, actor: str) -> int:
    """See ports.Access.end_sessions; inside the caller's transaction."""
    connection.lock(log.END)
    only = "" if person is None else " WHERE subject = :person"
    ended = connection.execute(f"DELETE FROM session{only}", {"person": person}).rowcount
    if ended:
        whose = "all sessions" if person is None else f"the sessions of {person}"
        event = EventDraft(
            kind=EventKind.SESSIONS_ENDED,
            at=now,
            actor=actor,
            message=f"{whose} were ended ({ended})",
            details={"person": person, "sessions": ended},
        )
        log.append(connection, (event,))
    return ended


def blocked_until(
    connection: Connection, origins: Collection[str], now: datetime
) -> datetime | None:
    """See ports.Access.blocked_until."""
    values = {"before": codec.time_text(now - FAILURES_FOR), "allowed": FAILURES_ALLOWED}
    rows = (
        connection.execute(_BLOCKED, {**values, "origin": origin}).fetchone() for origin in origins
    )
    return max((codec.time_of(row[0]) + FAILURES_FOR for row in rows if row), default=None)


def failed(connection: Connection, origins: Collection[str], now: datetime) -> None:
    """See ports.Access.failed; inside the caller's transaction."""
    values = {"at": codec.time_text(now), "before": codec.time_text(now - FAILURES_FOR)}
    for origin in sorted(origins):  # in one order, so that two who fail never wait for each other
        connection.execute(_FAILED, {**values, "origin": origin})


def anything_to_sweep(connection: Connection, now: datetime) -> bool:
    """Whether sweep() would drop a row."""
    values = _ends(now)
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE {over} LIMIT 1", values).fetchone()
        for table, over in _SWEPT
    )


def sweep(connection: Connection, now: datetime) -> int:
    """See ports.Access.sweep; inside the caller's transaction."""
    values = _ends(now)
    return sum(
        connection.execute(f"DELETE FROM {table} WHERE {over}", values).rowcount
        for table, over in _SWEPT
    )


def _ends(now: datetime) -> dict[str, str]:
    return {
        "now": codec.time_text(now),
        "forgiven": codec.time_text(now - FAILURES_FOR),
        "forgotten": codec.time_text(now - ANSWERS_FOR),
    }
