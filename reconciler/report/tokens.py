"""Tokens -> JSON objects, a table, and a sentence; never the token itself."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from reconciler.model.access import Token
from reconciler.report.escape import terminal
from reconciler.report.layout import Style
from reconciler.report.layout import table as laid_out
from reconciler.report.objects import Fields
from reconciler.report.times import iso, iso_or_none, moment

_HEADINGS = ("NUMBER", "NAME", "ROLE", "ACCOUNT", "BEGINS", "STATE", "EXPIRES", "LAST USED")


def fields(token: Token, now: datetime) -> Fields:
    """One token; `hint` is its beginning."""
    return {
        "number": token.id,
        "name": token.name,
        "role": token.role.value,
        "account": token.account,
        "hint": token.hint,
        "state": token.state(now).value,
        "created_at": iso(token.created_at),
        "created_by": token.created_by,
        "expires_at": iso_or_none(token.expires_at),
        "revoked_at": iso_or_none(token.revoked_at),
        "last_used_at": iso_or_none(token.last_used_at),
    }


def sentence(token: Token, now: datetime, zone: ZoneInfo) -> str:
    """What was made: for whom, in which role, until when."""
    whose = f"account {token.account}" if token.account else token.role.value
    until = f"until {_moment(token.expires_at, now, zone)}" if token.expires_at else "without end"
    return f'token {token.id} "{token.name}" for {whose}, {until}'


def table(tokens: Sequence[Token], now: datetime, zone: ZoneInfo, style: Style) -> str:
    """One line each, in the order given."""
    rows = [
        (
            str(token.id),
            terminal(token.name),
            token.role.value,
            terminal(token.account or "–"),
            f"{token.hint}…",
            token.state(now).value,
            _moment(token.expires_at, now, zone) if token.expires_at else "never",
            _moment(token.last_used_at, now, zone) if token.last_used_at else "–",
        )
        for token in tokens
    ]
    return laid_out(_HEADINGS, rows, right={0}, style=style)


def _moment(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    return moment(at.replace(microsecond=0), zone, now)
