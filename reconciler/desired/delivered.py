"""A row of the install base and what its runtime said -> what is installed, and the difference."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.desired.drift import drift
from reconciler.model.base import Attached
from reconciler.model.delivery import Agent, Aim, Drift, Report

Reports = Callable[[str], Iterable[Report]]
"""What was said of the attachments of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What an attachment runs: by the word of its runtime, or of the store without an `agent`."""

    agent: str | None
    installed: str | None
    drift: Drift | None


def delivered(
    row: Attached, agent: Agent | None, report: Report | None, now: datetime, timeout: timedelta
) -> Delivered:
    """Release against release; content and settings as they were last looked at."""
    if agent is None:
        return Delivered(agent=None, installed=row.release, drift=None)
    return Delivered(
        agent=agent.name,
        installed=None if report is None else report.installed,
        drift=drift(_aim(row, report), report, agent, now, timeout),
    )


def _aim(row: Attached, report: Report | None) -> Aim | None:
    if row.release is None:
        return None
    assert row.updated_at is not None, "a row that is stored has a time"
    right = report is not None and report.behind_since is None
    digest = report.digest if right and report is not None else None
    return Aim(row.release, digest or "not what was reported", row.updated_at)


class Deliveries:
    """Answers for rows at one instant; those of an account lie together, and cost one question."""

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
        return delivered(row, agent, self._reports.get(row.key), self._now, self._timeout)
