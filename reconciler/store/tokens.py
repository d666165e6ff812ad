"""Tokens <-> rows: made, listed, looked for by digest, revoked, each with its event."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reconciler.errors import RequestRefused
from reconciler.model import tokens
from reconciler.model.access import LONGEST_LIFE, Role, Token
from reconciler.model.events import EventDraft, EventKind
from reconciler.store import codec, log
from reconciler.store.connection import Connection, Values

LONGEST_NAME = 100
_USE_WRITTEN_EVERY = timedelta(minutes=1)

COLUMNS = """
token.id, token.name, token.role, token_account.name, token.hint, token.created_at,
token.created_by, token.expires_at, token.revoked_at, token.last_used_at
"""
# An account that stepped aside for another of its name is no more; what it could, nobody can.
ACCOUNT = "LEFT JOIN account AS token_account ON token_account.id = token.account_id"
KNOWN = "(token.account_id IS NULL OR token_account.name NOT LIKE '%~%')"

_PUT = """
INSERT INTO token (name, role, account_id, digest, hint, created_at, created_by, expires_at)
VALUES (:name, :role, (SELECT id FROM account WHERE name = :account), :digest, :hint, :at, :actor,
    :expires_at)
RETURNING id
"""
_BY_DIGEST = f"""
SELECT token.digest, {COLUMNS} FROM token {ACCOUNT} WHERE token.digest = :digest AND {KNOWN}
"""
_BY_NUMBER = f"SELECT {COLUMNS} FROM token {ACCOUNT} WHERE token.id = :number"
THE_TOKEN = "SELECT id FROM token WHERE id = :number"  # noqa: S105 - a statement
_LISTED = f"SELECT {COLUMNS} FROM token {ACCOUNT} WHERE token.id > :after"
_OF_ACCOUNT = " AND token.account_id = (SELECT id FROM account WHERE name = :account)"
_LIVE = (
    " AND token.revoked_at IS NULL AND (token.expires_at IS NULL OR token.expires_at > :live_at)"
)
_REVOKE = "UPDATE token SET revoked_at = :at WHERE id = :number"
_END_SESSIONS = "DELETE FROM session WHERE token_id = :number"
_USED = """
UPDATE token SET last_used_at = :at
WHERE id = :number AND (last_used_at IS NULL OR last_used_at <= :before)
"""


def create(
    connection: Connection,
    name: str,
    role: Role,
    account: str | None,
    *,
    expires_at: datetime | None,
    now: datetime,
    actor: str,
) -> tuple[Token, str]:
    """See ports.Access.create_token; inside the caller's transaction."""
    _check(connection, name, role, account, expires_at, now)
    text = tokens.token_text(secrets.token_bytes(tokens.ENTROPY_BYTES))
    connection.lock(log.END)
    values = {
        "name": name,
        "role": role.value,
        "account": account,
        "digest": tokens.digest(text),
        "hint": tokens.hint(text),
        "at": codec.time_text(now),
        "actor": actor,
        "expires_at": codec.optional_time_text(expires_at),
    }
    (number,) = connection.execute(_PUT, values).fetchone()
    token = Token(
        id=number,
        name=name,
        role=role,
        account=account,
        hint=tokens.hint(text),
        created_at=now,
        created_by=actor,
        expires_at=expires_at,
    )
    log.append(connection, (_event(EventKind.TOKEN_CREATED, token, now, actor),))
    return token, text


def _check(
    connection: Connection,
    name: str,
    role: Role,
    account: str | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if not (name.strip() and name.isprintable() and len(name) <= LONGEST_NAME):
        raise RequestRefused(
            f"a token's name has 1 to {LONGEST_NAME} characters that can be seen",
            "name it for who or what uses it, such as warehouse-agent",
        )
    if expires_at is not None and expires_at <= now:
        raise RequestRefused("the token would have expired already", "give it a later end")
    if expires_at is not None and expires_at > now + LONGEST_LIFE:
        raise RequestRefused(
            "a token lives ten years at most, or until it is revoked",
            "give it an earlier end, or none",
        )
    if (role is Role.ACCOUNT) != (account is not None):
        raise RequestRefused(
            f"a token of role {role} names {'its' if account is None else 'no'} account",
            "an account belongs to role account, and to no other",
        )
    if account is not None:
        require_account(connection, account)


def require_account(connection: Connection, account: str) -> None:
    """Raises RequestRefused for an account that the store does not know."""
    known = "SELECT 1 FROM account WHERE name = :account AND name NOT LIKE '%~%'"
    if connection.execute(known, {"account": account}).fetchone() is None:
        raise RequestRefused(
            f'the store knows no account "{account}"',
            "declare it and apply the revision first; reconciler attachments lists accounts",
        )


def require_live(connection: Connection, number: int) -> None:
    """Keeps the token from being revoked until the transaction ends; RequestRefused if it was."""
    connection.lock(THE_TOKEN, {"number": number})
    if connection.execute(f"{THE_TOKEN} AND revoked_at IS NULL", {"number": number}).fetchone():
        return
    raise RequestRefused("the token was revoked meanwhile", "sign in with another one")


def _event(kind: EventKind, token: Token, now: datetime, actor: str) -> EventDraft:
    done = "created" if kind is EventKind.TOKEN_CREATED else "revoked"
    details = {
        "token": token.id,
        "name": token.name,
        "role": token.role.value,
        "expires_at": codec.optional_time_text(token.expires_at),
    }
    whose = token.role.value if token.account is None else f"account {token.account}"
    return EventDraft(
        kind=kind,
        at=now,
        actor=actor,
        account=token.account,
        message=f'token {token.id} "{token.name}" of {whose} was {done}',
        details=details,
    )


def by_digest(connection: Connection, digest: str) -> Token | None:
    """See ports.Access.token."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).fetchone()
    if row is None or not hmac.compare_digest(row[0], digest):
        return None
    return token_of(row[1:])


def listed(
    connection: Connection,
    account: str | None,
    live_at: datetime | None,
    after: int,
    limit: int | None,
) -> Sequence[Token]:
    """See ports.Access.tokens."""
    statement = _LISTED
    statement += _OF_ACCOUNT if account is not None else ""
    statement += _LIVE if live_at is not None else ""
    statement += " ORDER BY token.id" + (" LIMIT :limit" if limit is not None else "")
    values: Values = {
        "after": after,
        "account": account,
        "live_at": codec.optional_time_text(live_at),
        "limit": limit,
    }
    return [token_of(row) for row in connection.execute(statement, values)]


def revoke(connection: Connection, number: int, now: datetime, actor: str) -> Token | None:
    """See ports.Access.revoke_token; inside the caller's transaction."""
    connection.lock(log.END)
    connection.lock(THE_TOKEN, {"number": number})
    row = connection.execute(_BY_NUMBER, {"number": number}).fetchone()
    if row is None:
        return None
    token = token_of(row)
    if token.revoked_at is not None:
        return token
    connection.execute(_REVOKE, {"number": number, "at": codec.time_text(now)})
    connection.execute(_END_SESSIONS, {"number": number})
    log.append(connection, (_event(EventKind.TOKEN_REVOKED, token, now, actor),))
    return token_of(connection.execute(_BY_NUMBER, {"number": number}).fetchone())


def used(connection: Connection, uses: Mapping[int, datetime]) -> None:
    """See ports.Access.used; inside the caller's transaction.

    In the order of their numbers, so that two processes never wait for each other.
    """
    rows = (
        {
            "number": number,
            "at": codec.time_text(at),
            "before": codec.time_text(at - _USE_WRITTEN_EVERY),
        }
        for number, at in sorted(uses.items())
    )
    connection.executemany(_USED, rows)


def token_of(columns: Sequence[Any]) -> Token:
    """The token of one row, columns as in COLUMNS."""
    number, name, role, account, hint, created_at, created_by, *times = columns
    expires_at, revoked_at, last_used_at = map(codec.optional_time, times)
    return Token(
        id=number,
        name=name,
        role=Role(role),
        account=account,
        hint=hint,
        created_at=codec.time_of(created_at),
        created_by=created_by,
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used_at=last_used_at,
    )
