"""A URL of a PostgreSQL database -> how it is connected to, and how it is shown."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.errors import StoreError
from reconciler.store.urls import shown

# libpq waits for ever by itself, and the system's keepalives for hours.
_DEFAULTS = {
    "connect_timeout": "10",
    "application_name": "reconciler",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_ENVIRONMENT = (("connect_timeout", "PGCONNECT_TIMEOUT"), ("application_name", "PGAPPNAME"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is; `shown` is its URL without what is secret."""

    shown: str
    parameters: Mapping[str, str] = field(repr=False)


def address_of(url: str) -> Address:
    """Raises StoreError, without repeating the URL where it can't be read."""
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs psycopg, which is not installed",
            "install integration-pack-reconciler[postgres]",
        ) from error
    try:
        parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        if not all(port.isdecimal() for port in _ports(parameters)):
            raise psycopg.ProgrammingError
    except psycopg.ProgrammingError:
        # What libpq says of it repeats a part, which may be of the password.
        raise StoreError(
            "that is not the URL of a PostgreSQL database",
            "write postgresql://user@host:5432/database; percent-encode what is special in a"
            " password, or keep it in PGPASSWORD or a password file",
        ) from None
    given = {name: os.environ[name_in] for name, name_in in _ENVIRONMENT if name_in in os.environ}
    return Address(shown=shown(url), parameters=_DEFAULTS | given | parameters)


def _ports(parameters: Mapping[str, str]) -> list[str]:
    """Those that are given: a slash in a password makes a port of its first half."""
    return [port for port in parameters.get("port", "").split(",") if port]
