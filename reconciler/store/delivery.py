"""Implements ports.Deliveries over the tables of the install base."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from reconciler.desired.bundle import bundle
from reconciler.desired.drift import Weighed, installed_event, looked_at, overdue_event, weighed
from reconciler.errors import RequestRefused, StaleReport
from reconciler.model.delivery import (
    LONGEST_NAME,
    SEEN_EVERY,
    Agent,
    Report,
    Said,
    Served,
)
from reconciler.model.events import EventDraft, EventKind
from reconciler.ports.delivery import Behind, Mark, Stamp
from reconciler.store import codec, log, reading, served
from reconciler.store.connection import Connection, Database
from reconciler.store.places import chunks, listed
from reconciler.store.served import ACCOUNT

# In one transaction.
MOST_TOLD_AT_ONCE = 1_000

_THE_AGENT = f"SELECT name FROM agent WHERE account_id = ({ACCOUNT})"
_PUT_AGENT = """
INSERT INTO agent (account_id, name, sequence, first_seen_at, last_seen_at)
SELECT id, :name, 0, :now, :now FROM account WHERE name = :account
ON CONFLICT (account_id) DO NOTHING
"""
_SEEN = f"""
UPDATE agent SET last_seen_at = :now, sequence = :sequence WHERE account_id = ({ACCOUNT})
"""
_DROP_AGENT = f"DELETE FROM agent WHERE account_id = ({ACCOUNT})"
_DROP_REPORTS = f"DELETE FROM report WHERE account_id = ({ACCOUNT})"
_PUT_REPORT = """
INSERT INTO report
    (account_id, pack_id, instance, version, digest, verified, failure, reported_at, behind_since,
    told)
SELECT account.id, pack.id, :instance, :version, :digest, :verified, :failure, :reported_at,
    :behind_since, :told
FROM account JOIN pack ON pack.name = :pack
WHERE account.name = :account
ON CONFLICT (account_id, pack_id, instance) DO UPDATE SET
    version = excluded.version,
    digest = excluded.digest,
    verified = excluded.verified,
    failure = excluded.failure,
    reported_at = excluded.reported_at,
    behind_since = excluded.behind_since,
    told = excluded.told
"""
_DROP_REPORT = f"""
DELETE FROM report
WHERE account_id = ({ACCOUNT}) AND pack_id = (SELECT id FROM pack WHERE name = :pack)
    AND instance = :instance
"""
_STAMPS = """
SELECT account.name, count(attachment.pack_id), max(updated_at)
FROM account LEFT JOIN attachment ON attachment.account_id = account.id
WHERE account.name IN ({names}) GROUP BY account.name
"""
_MARK = "SELECT passed_at, settled FROM applied"
# Who is silent does not ask, so that nobody looks at what has changed for it. The silent come
# first, by their index: CROSS JOIN keeps SQLite from beginning with all attachments.
_SILENT = """
SELECT agent.account_id, attachment.pack_id, attachment.instance,
    CASE WHEN first_seen_at > updated_at THEN first_seen_at ELSE updated_at END AS since
FROM agent
CROSS JOIN attachment
JOIN release ON release.id = attachment.release_id
LEFT JOIN report ON report.account_id = agent.account_id
    AND report.pack_id = attachment.pack_id AND report.instance = attachment.instance
WHERE last_seen_at <= :limit AND updated_at <= :limit
    AND attachment.account_id = agent.account_id AND behind_since IS NULL
    AND report.version IS DISTINCT FROM release.version
LIMIT :most
"""
_MARK_SILENT = f"""
INSERT INTO report (account_id, pack_id, instance, verified, behind_since)
SELECT account_id, pack_id, instance, FALSE, since FROM ({_SILENT}) AS silent WHERE TRUE
ON CONFLICT (account_id, pack_id, instance) DO UPDATE SET behind_since = excluded.behind_since
WHERE report.behind_since IS NULL
"""
_OVERDUE = """
SELECT account_id, pack_id, instance FROM report
WHERE behind_since <= :limit AND NOT told ORDER BY behind_since LIMIT :most
"""
_ANY_OVERDUE = f"SELECT EXISTS ({_OVERDUE}), EXISTS ({_SILENT})"
# Asked again of the row itself: a report may come in between.
_TELL = f"""
UPDATE report SET told = TRUE
WHERE (account_id, pack_id, instance) IN ({_OVERDUE}) AND behind_since <= :limit AND NOT told
RETURNING (SELECT name FROM account WHERE id = account_id),
    (SELECT name FROM pack WHERE id = pack_id), instance, behind_since, failure
"""
_BEHIND = """
SELECT pack.name, count(*), sum(CASE WHEN told OR failure IS NOT NULL THEN 1 ELSE 0 END)
FROM report JOIN pack ON pack.id = pack_id
WHERE behind_since IS NOT NULL GROUP BY pack.name
"""


class SqlDeliveries:
    """Implements ports.Deliveries; may be used from several threads.

    What is locked is always locked in this order: the agent, its reports, the end of the chain.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def served(self, account: str) -> Served | None:
        with self._database.reading() as connection:
            return served.served(connection, account)

    def asked(self, account: str, agent: str, now: datetime) -> Served | None:
        found = self.served(account)
        if found is None or not _worth_a_write(found, agent, now):
            return found
        with self._database.writing() as writer, writer.transaction() as connection:
            events = _introduced(connection, found, agent, now)
            found = served.served(connection, account)
            assert found is not None, "an account is never deleted"
            sequence = _its_agent(found, agent).sequence
            _seen(connection, account, sequence, now)
            _write(connection, _looked(found, now), agent, now, events)
            return served.served(connection, account)

    def report(
        self, account: str, agent: str, sequence: int, said: Sequence[Said], now: datetime
    ) -> Served | None:
        with self._database.writing() as writer, writer.transaction() as connection:
            connection.lock(_THE_AGENT, {"account": account})
            found = served.served(connection, account)
            if found is None:
                return None
            its = _its_agent(found, agent)
            if sequence < its.sequence:
                raise StaleReport(
                    f"report {sequence} of {agent} is older than {its.sequence}, which came before",
                    f"go on with {its.sequence + 1}",
                )
            if sequence == its.sequence:
                return found
            _seen(connection, account, sequence, now)
            made = weighed(said, bundle(found), found.reports, its, now)
            _write(connection, made, agent, now)
            return served.served(connection, account)

    def retire(self, account: str, actor: str, now: datetime) -> Agent | None:
        with self._database.writing() as writer, writer.transaction() as connection:
            connection.lock(_THE_AGENT, {"account": account})
            agent = served.agent(connection, account)
            if agent is None:
                return None
            connection.execute(_DROP_REPORTS, {"account": account})
            connection.execute(_DROP_AGENT, {"account": account})
            event = EventDraft(
                kind=EventKind.AGENT_RETIRED,
                at=now,
                actor=actor,
                account=account,
                message=f"agent {agent.name} of {account} is retired: what the store says counts",
                details={"agent": agent.name},
            )
            log.append(connection, (event,))
            return agent

    def mark(self) -> Mark:
        with self._database.reading() as connection:
            event = reading.last_event(connection)
            passed_at, settled = connection.execute(_MARK).fetchone() or (None, True)
            return Mark(event, passed_at, bool(settled))

    def stamps(self, accounts: Collection[str]) -> Mapping[str, Stamp]:
        found: dict[str, Stamp] = {}
        with self._database.reading() as connection:
            for names in chunks(accounts):
                places, values = listed(names)
                rows = connection.execute(_STAMPS.format(names=places), values)
                found.update({name: Stamp(number, at) for name, number, at in rows})
        return found

    def tell_overdue(self, now: datetime, timeout: timedelta) -> int:
        values = {"limit": codec.time_text(now - timeout), "most": MOST_TOLD_AT_ONCE}
        with self._database.reading() as connection:
            if not any(connection.execute(_ANY_OVERDUE, values).fetchone()):
                return 0
        with self._database.writing() as writer, writer.transaction() as connection:
            connection.execute(_MARK_SILENT, values)
            rows = connection.execute(_TELL, values).fetchall()
            log.append(
                connection,
                (
                    overdue_event(account, pack, instance, codec.time_of(since), failure, now)
                    for account, pack, instance, since, failure in sorted(rows, key=lambda r: r[:3])
                ),
            )
            return len(rows)

    def behind(self) -> Mapping[str, Behind]:
        with self._database.reading() as connection:
            rows = connection.execute(_BEHIND).fetchall()
            return {pack: Behind(number, overdue) for pack, number, overdue in rows}

    def agents(self, accounts: Collection[str] | None = None) -> Mapping[str, Agent]:
        with self._database.reading() as connection:
            return dict(served.agents(connection, accounts))

    def reports(self, accounts: Collection[str]) -> Iterator[Report]:
        with self._database.reading() as connection:
            yield from served.reports(connection, accounts)


def _worth_a_write(found: Served, agent: str, now: datetime) -> bool:
    """Raises RequestRefused when the account has another agent, or the name can't be one."""
    if not agent or len(agent) > LONGEST_NAME or not agent.isprintable():
        raise RequestRefused(
            "an agent has a name of up to 128 printable characters", "give it one by --name"
        )
    if found.agent is None:
        return True
    seen = _its_agent(found, agent).last_seen_at
    made = _looked(found, now)
    return bool(seen + SEEN_EVERY <= now or made.changed or made.gone)


def _its_agent(found: Served, agent: str) -> Agent:
    if found.agent is None:
        raise RequestRefused(
            f"{found.account} has no agent", "ask for what it should run first, and name the agent"
        )
    if found.agent.name != agent:
        raise RequestRefused(
            f"{found.account} has another agent, {found.agent.name}",
            "two would undo each other's work: retire that one first",
        )
    return found.agent


def _introduced(
    connection: Connection, found: Served, agent: str, now: datetime
) -> tuple[EventDraft, ...]:
    """The event of a new agent; and the agent is kept from other writers."""
    values = {"account": found.account, "name": agent, "now": codec.time_text(now)}
    new = connection.execute(_PUT_AGENT, values).rowcount == 1
    connection.lock(_THE_AGENT, {"account": found.account})
    if not new:
        return ()
    event = EventDraft(
        kind=EventKind.AGENT_SEEN,
        at=now,
        actor=agent,
        account=found.account,
        message=f"{found.account} has an agent, {agent}: what that reports is what is installed",
        details={"agent": agent},
    )
    return (event,)


def _seen(connection: Connection, account: str, sequence: int, now: datetime) -> None:
    values = {"account": account, "sequence": sequence, "now": codec.time_text(now)}
    connection.execute(_SEEN, values)


def _looked(found: Served, now: datetime) -> Weighed:
    assert found.agent is not None, "only an agent is looked at"
    aims = {target.key: target.aim for target in bundle(found).targets}
    return looked_at(aims, found.reports, found.agent, now)


def _write(
    connection: Connection,
    made: Weighed,
    actor: str,
    now: datetime,
    events: Iterable[EventDraft] = (),
) -> None:
    connection.executemany(_PUT_REPORT, [_report_row(report) for report in made.changed])
    connection.executemany(_DROP_REPORT, [key._asdict() for key in made.gone])
    log.append(connection, (*events, *(installed_event(one, actor, now) for one in made.ended)))


def _report_row(report: Report) -> codec.Row:
    return {
        **report.key._asdict(),
        "version": report.version,
        "digest": report.digest,
        "verified": report.verified,
        "failure": report.failure,
        "reported_at": codec.optional_time_text(report.reported_at),
        "behind_since": codec.optional_time_text(report.behind_since),
        "told": report.told,
    }
