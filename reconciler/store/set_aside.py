"""Accounts whose rows of a pack can't be moved -> rows of set_aside, one event, and an error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.errors import RowsSetAside
from reconciler.model.events import EventDraft, EventKind
from reconciler.store import log, rollouts
from reconciler.store.connection import Connection
from reconciler.store.rollouts import Claim, Work

# More accounts of one pack that fail mean that it is not about the accounts.
MOST = 100
_NAMED = 10

_PUT = """
INSERT INTO set_aside (pack_id, account_id, tries, error, at, told)
VALUES (:pack, :account, :tries, :error, :at, FALSE)
ON CONFLICT (pack_id, account_id) DO UPDATE SET
    tries = set_aside.tries + excluded.tries,
    error = excluded.error,
    at = excluded.at,
    told = CASE set_aside.error WHEN excluded.error THEN set_aside.told ELSE excluded.told END
"""
_ACCOUNTS = "SELECT pack_id, account_id FROM set_aside ORDER BY pack_id, account_id"
_NUMBERS = "SELECT pack_id, count(*) FROM set_aside GROUP BY pack_id"
_FORGET = "DELETE FROM set_aside WHERE pack_id = :pack AND account_id = :account"
_FORGET_ALL = "DELETE FROM set_aside"
_STANDING = """
SELECT pack.name, account.name, error, told
FROM set_aside
JOIN pack ON pack.id = pack_id
JOIN account ON account.id = account_id
ORDER BY pack.name, account.name
"""
_TOLD = "UPDATE set_aside SET told = TRUE WHERE NOT told"


@dataclass(slots=True)
class Standing:
    """What is set aside of one pack; `new`: no event tells of all of it yet."""

    accounts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    new: bool = False


def put(connection: Connection, claim: Claim, tries: int, error: str) -> None:
    """Sets the one account of a claim aside, or says what it failed with this time."""
    values = claim.work.values
    row = {"tries": tries, "error": error, "at": values["at"]}
    connection.execute(_PUT, {**row, "pack": values["pack"], "account": claim.first})


def claims(connection: Connection, works: Sequence[Work]) -> list[Claim]:
    """One for each account that is set aside of these packs; to be moved all the same."""
    by_pack = {work.pack_id: rollouts.again(work) for work in works}
    return [
        Claim(work=by_pack[pack], first=account, last=account, rows=0)
        for pack, account in connection.execute(_ACCOUNTS).fetchall()
        if pack in by_pack
    ]


def forget(connection: Connection, claim: Claim) -> None:
    """Its rows were moved."""
    connection.execute(_FORGET, {"pack": claim.work.pack_id, "account": claim.first})


def forget_all(connection: Connection) -> None:
    """All rows are as they should be."""
    connection.execute(_FORGET_ALL)


def numbers(connection: Connection) -> Mapping[int, int]:
    """pack number -> how many accounts of it are set aside."""
    return dict(connection.execute(_NUMBERS).fetchall())


def standing(connection: Connection) -> Mapping[str, Standing]:
    """pack -> what is set aside of it."""
    found: dict[str, Standing] = {}
    for pack, account, error, told in connection.execute(_STANDING):
        of_pack = found.setdefault(pack, Standing())
        of_pack.accounts.append(account)
        if error not in of_pack.errors:
            of_pack.errors.append(error)
        of_pack.new = of_pack.new or not told
    return found


def tell(
    connection: Connection,
    found: Mapping[str, Standing],
    at: datetime,
    actor: str,
    revision: str | None,
) -> None:
    """An event for each pack of which something new was set aside, and never a second one."""
    log.append(
        connection,
        (
            EventDraft(
                kind=EventKind.SET_ASIDE,
                at=at,
                actor=actor,
                revision=revision,
                pack=pack,
                message=f"{pack}: {_accounts(len(of_pack.accounts))} set aside, since their"
                f" attachments can't be moved: {of_pack.errors[0]}",
                details={
                    "accounts": len(of_pack.accounts),
                    "members": of_pack.accounts[:_NAMED],
                    "errors": of_pack.errors[:_NAMED],
                },
            )
            for pack, of_pack in found.items()
            if of_pack.new
        ),
    )
    connection.execute(_TOLD)


def error(found: Mapping[str, Standing]) -> RowsSetAside:
    """What the pass ends with."""
    total = sum(len(of_pack.accounts) for of_pack in found.values())
    pack, first = next(iter(found.items()))
    others = f" and {len(found) - 1} more packs" if len(found) > 1 else ""
    given_up = [name for name, of_pack in found.items() if len(of_pack.accounts) >= MOST]
    rest = (
        f"the rest of {', '.join(given_up)} was left" if given_up else "everything else was moved"
    )
    return RowsSetAside(
        f"{_accounts(total)} set aside, since their attachments of {pack}{others} can't be moved"
        f" (first {first.accounts[0]}: {first.errors[0]}); {rest}",
        "see reconciler events for the accounts, mend what the database refuses, and run again:"
        " each pass tries them anew",
    )


def _accounts(number: int) -> str:
    return f"{number:,} account was" if number == 1 else f"{number:,} accounts were"
