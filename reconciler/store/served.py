"""Tables of the install base -> what is known of the delivery to one account."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from reconciler.model.base import AttachmentKey
from reconciler.model.declarations import Kind, PackagedComponent, PublishedProcess, Release
from reconciler.model.delivery import Agent, Report, Served
from reconciler.store import codec, part, reading
from reconciler.store.connection import Connection
from reconciler.store.places import chunks, listed

# A name with "~" is that of an account whose own name was taken over.
ACCOUNT = "SELECT id FROM account WHERE name = :account AND name NOT LIKE '%~%'"
_AGENT_COLUMNS = "agent.name, sequence, first_seen_at, last_seen_at"
_AGENT = f"""
SELECT {_AGENT_COLUMNS} FROM agent JOIN account ON account.id = account_id
WHERE account.name = :account
"""
_AGENTS = f"""
SELECT account.name, {_AGENT_COLUMNS} FROM agent JOIN account ON account.id = account_id
WHERE account.name NOT LIKE '%~%'
"""
_AGENTS_OF = f"{_AGENTS} AND account.name IN ({{names}})"
_RELEASES = """
SELECT DISTINCT pack.name, deployment, version, body
FROM account
JOIN attachment ON attachment.account_id = account.id
JOIN pack ON pack.id = attachment.pack_id
JOIN release ON release.id = release_id
WHERE account.name = :account
"""
_REPORT_COLUMNS = """
account.name, pack.name, instance, version, digest, verified, failure, reported_at, behind_since,
    told
"""
_REPORTS = f"""
SELECT {_REPORT_COLUMNS}
FROM account
JOIN report ON report.account_id = account.id
JOIN pack ON pack.id = report.pack_id
WHERE account.name IN ({{names}})
ORDER BY account.name, pack.name, instance
"""


def served(connection: Connection, account: str) -> Served | None:
    """All of it in the caller's transaction; None for an unknown account."""
    if connection.execute(ACCOUNT, {"account": account}).fetchone() is None:
        return None
    releases: dict[tuple[str, str], Release] = {}
    legacy: set[str] = set()
    names: set[tuple[Kind, str]] = set()
    for pack, deployment, version, body in connection.execute(_RELEASES, {"account": account}):
        components = json.loads(body)["components"]
        releases[pack, version] = Release(pack=pack, version=version, components=components)
        kind = Kind.PUBLISHED_PROCESS if deployment == "legacy" else Kind.PACKAGED_COMPONENT
        if kind is Kind.PUBLISHED_PROCESS:
            legacy.add(pack)
        names.update((kind, f"{name}@{its}") for name, its in components.items())
    return Served(
        account=account,
        agent=agent(connection, account),
        rows=tuple(reading.attached(connection, account)),
        releases=releases,
        specs={
            (one.kind, one.name): one.spec
            for one in part.declared(connection, names)
            if isinstance(one.spec, PackagedComponent | PublishedProcess)
        },
        legacy=frozenset(legacy),
        reports={report.key: report for report in reports(connection, (account,))},
    )


def agent(connection: Connection, account: str) -> Agent | None:
    """The account's agent."""
    row = connection.execute(_AGENT, {"account": account}).fetchone()
    return None if row is None else _agent_of(row)


def agents(connection: Connection, accounts: Collection[str] | None) -> Iterator[tuple[str, Agent]]:
    """Accounts with their agents; of all accounts where none are named."""
    if accounts is None:
        yield from ((name, _agent_of(row)) for name, *row in connection.stream(_AGENTS))
        return
    for names in chunks(accounts):
        places, values = listed(names)
        for name, *row in connection.execute(_AGENTS_OF.format(names=places), values):
            yield name, _agent_of(row)


def _agent_of(row: Sequence[Any]) -> Agent:
    name, sequence, first_seen_at, last_seen_at = row
    return Agent(
        name=name,
        sequence=sequence,
        first_seen_at=codec.time_of(first_seen_at),
        last_seen_at=codec.time_of(last_seen_at),
    )


def reports(connection: Connection, accounts: Collection[str]) -> Iterator[Report]:
    """What was said of the attachments of these accounts, in order of account."""
    for names in chunks(accounts):
        places, values = listed(names)
        for row in connection.execute(_REPORTS.format(names=places), values):
            account, pack, instance, version, digest, verified, failure, at, since, told = row
            yield Report(
                key=AttachmentKey(account, pack, instance),
                version=version,
                digest=digest,
                verified=bool(verified),
                failure=failure,
                reported_at=codec.optional_time(at),
                behind_since=codec.optional_time(since),
                told=bool(told),
            )
