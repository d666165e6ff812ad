"""A row of the install base and what its runtime said -> what is installed, and the difference."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.desired.bundle import bundle
from reconciler.desired.drift import drift
from reconciler.model.base import Attached
from reconciler.model.delivery import Agent, Aim, Drift, Report, Served

Reports = Callable[[str], Iterable[Report]]
"""What was said of the attachments of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What an attachment runs: by the word of its runtime, or of the store without an `agent`."""

    agent: str | None
    installed: str | None
    drift: Drift | None


Tells = Callable[[Attached], Delivered]
"""Says of a row what runs there."""


def of_account(served: Served, now: datetime, timeout: timedelta) -> Tells:
    """The rows of one account, held against all that its runtime should run by now."""
    aims = {target.key: target.aim for target in bundle(served).targets}

    def tell(row: Attached) -> Delivered:
        report = served.reports.get(row.key)
        return _delivered(row, aims.get(row.key), served.agent, report, now, timeout)

    return tell


def _delivered(
    row: Attached,
    aim: Aim | None,
    agent: Agent | None,
    report: Report | None,
    now: datetime,
    timeout: timedelta,
) -> Delivered:
    if agent is None:
        return Delivered(agent=None, installed=row.release, drift=None)
    return Delivered(
        agent=agent.name,
        installed=None if report is None else report.installed,
        drift=drift(aim, report, agent, now, timeout),
    )


def _aim(row: Attached, report: Report | None) -> Aim | None:
    """Release against release; content and settings as they were last looked at."""
    if row.release is None:
        return None
    assert row.updated_at is not None, "a row that is stored has a time"
    right = report is not None and report.behind_since is None
    digest = report.digest if right and report is not None else None
    return Aim(row.release, digest or "not what was reported", row.updated_at)


class Deliveries:
    """Answers for rows of many accounts at one instant, as their runtimes were last looked at.

    Those of an account lie together, and cost one question.
    """

    def __init__(
        self, agents: Mapping[str, Agent], reports: Reports, now: datetime, timeout: timedelta
    ) -> None:
        self._agents, self._ask = agents, reports
        self._now, self._timeout = now, timeout
        self._account: str | None = None
        self._reports: Mapping[object, Report] = {}

    def of(self, row: Attached) -> Delivered:
        """What runs there."""
        account = row.key.account
        agent = self._agents.get(account)
        if agent is not None and account != self._account:
            self._account = account
            self._reports = {report.key: report for report in self._ask(account)}
        report = self._reports.get(row.key)
        return _delivered(row, _aim(row, report), agent, report, self._now, self._timeout)
