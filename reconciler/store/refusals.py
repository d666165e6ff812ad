"""A revision that a pass refused -> one row for it and its reason."""

from enum import Enum, auto

from reconciler.ports import Refusal
from reconciler.store import codec
from reconciler.store.connection import Connection

_KNOWN = """
SELECT number > coalesce((SELECT refusals FROM applied), 0)
FROM refusal WHERE revision = :revision AND reason = :reason
"""
_PUT = """
INSERT INTO refusal (number, revision, reason, message, at)
SELECT coalesce(max(number), 0) + 1, :revision, :reason, :message, :at FROM refusal WHERE true
ON CONFLICT (revision, reason) DO UPDATE SET
    number = excluded.number, message = excluded.message, at = excluded.at
"""


class Standing(Enum):
    """Whether a refusal is recorded; OUTDATED means before the applied revision came into force."""

    UNKNOWN = auto()
    OUTDATED = auto()
    IN_FORCE = auto()


def standing(connection: Connection, refusal: Refusal) -> Standing:
    """Where the store stands with this revision and reason."""
    values = {"revision": refusal.revision, "reason": refusal.reason}
    row = connection.execute(_KNOWN, values).fetchone()
    if row is None:
        return Standing.UNKNOWN
    return Standing.IN_FORCE if row[0] else Standing.OUTDATED


def put(connection: Connection, refusal: Refusal) -> None:
    """Records it as the newest."""
    values = {
        "revision": refusal.revision,
        "reason": refusal.reason,
        "message": refusal.message,
        "at": codec.time_text(refusal.at),
    }
    connection.execute(_PUT, values)
