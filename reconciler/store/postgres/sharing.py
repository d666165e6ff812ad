"""The fan-out of a pass -> rows that say what workers may help with, and their right to do so.

That right is a lock on the one row of fan_out, held by each transaction of a worker. Deleting the
row waits for them, and whoever comes later finds it gone or another in its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.store.connection import Connection, Values
from reconciler.store.rollouts import SERVED, Work, work_of

_BEGIN = """
INSERT INTO fan_out (one, token, gated, today, at, actor)
VALUES (1, :token, :gated, :today, :at, :actor)
"""
_COLUMNS = ("pack_id", "closed", "suspended")
_END = "DELETE FROM fan_out"
_END_ROLLOUTS = "DELETE FROM rollout"
_COUNTED = """
WITH counted AS (DELETE FROM helped RETURNING pack_id, rows)
SELECT pack_id, sum(rows)::bigint FROM counted GROUP BY pack_id
"""
_FORGET_COUNTS = "DELETE FROM helped"
_COUNT = "INSERT INTO helped (pack_id, rows) VALUES (:pack, :rows)"

_OFFERED = "SELECT number, token, gated, today, at, actor FROM fan_out"
_HELD = """
SELECT 1 FROM fan_out WHERE number = :number AND token = :token FOR KEY SHARE SKIP LOCKED
"""
_ROLLOUTS = f"""
SELECT served.*, rollout.closed, rollout.suspended
FROM rollout JOIN ({SERVED}) AS served ON served.pack = rollout.pack_id
ORDER BY rollout.pack_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A fan-out that workers may help with; no two have the same number."""

    number: int
    token: int
    common: Values


def begin(connection: Connection, token: int, packs: Sequence[Values], common: Values) -> None:
    """Offers the roll-outs of packs, in the leader's transaction, in place of what was offered."""
    end(connection)
    connection.execute(_BEGIN, {"token": token, **common})
    rows = ([pack["pack"], pack["closed"], pack["suspended"]] for pack in packs)
    connection.insert("rollout", _COLUMNS, rows)


def end(connection: Connection, *, counts: bool = True) -> None:
    """Waits for workers in the middle of a transaction; with `counts` forgets what they counted."""
    connection.execute(_END)
    connection.execute(_END_ROLLOUTS)
    if counts:
        connection.execute(_FORGET_COUNTS)


def counted(connection: Connection) -> Mapping[int, int]:
    """pack number -> rows that workers moved since this was asked last."""
    return dict(connection.execute(_COUNTED).fetchall())


def count(connection: Connection, moved: Mapping[int, int]) -> None:
    """In the transaction of a worker that moved them."""
    rows = [{"pack": pack, "rows": number} for pack, number in moved.items() if number]
    if rows:
        connection.executemany(_COUNT, rows)


def offered(connection: Connection) -> Offer | None:
    """What a worker may help with now."""
    row = connection.execute(_OFFERED).fetchone()
    if row is None:
        return None
    number, token, *values = row
    names = ("gated", "today", "at", "actor")
    return Offer(number=number, token=token, common=dict(zip(names, values, strict=True)))


def works(connection: Connection, offer: Offer) -> tuple[Work, ...]:
    """The roll-outs of what is offered."""
    return tuple(
        work_of(served, offer.common, closed, suspended)
        for *served, closed, suspended in connection.execute(_ROLLOUTS).fetchall()
    )


def held(connection: Connection, offer: Offer) -> bool:
    """Whether it is still offered; if so, until the transaction ends."""
    values = {"number": offer.number, "token": offer.token}
    return connection.execute(_HELD, values).fetchone() is not None
