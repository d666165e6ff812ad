"""A row of the install base and what its runtime said -> what is installed, and the difference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from reconciler.desired.bundle import Component, target
from reconciler.desired.drift import drift
from reconciler.model.base import Attached, AttachmentKey, InstallBase
from reconciler.model.declarations import (
    Deployment,
    Kind,
    PackagedComponent,
    PublishedProcess,
)
from reconciler.model.delivery import Agent, Drift, Report

Reports = Callable[[str], Mapping[AttachmentKey, Report]]
"""What was said of the attachments of an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What an attachment runs: by the word of its runtime, or of the store without an `agent`."""

    agent: str | None
    installed: str | None
    drift: Drift | None


class Deliveries:
    """Answers for rows of one install base at one instant; accounts that have agents by name.

    Reports are asked for when the account changes, so that rows in order of account cost one
    question for each.
    """

    def __init__(
        self,
        base: InstallBase,
        agents: Mapping[str, Agent],
        reports: Reports,
        now: datetime,
        timeout: timedelta,
    ) -> None:
        self._base, self._agents, self._ask = base, agents, reports
        self._now, self._timeout = now, timeout
        self._account: str | None = None
        self._reports: Mapping[AttachmentKey, Report] = {}

    def of(self, row: Attached) -> Delivered:
        """What runs there."""
        agent = self._agents.get(row.key.account)
        if agent is None:
            return Delivered(agent=None, installed=row.release, drift=None)
        if row.key.account != self._account:
            self._account, self._reports = row.key.account, self._ask(row.key.account)
        report = self._reports.get(row.key)
        return Delivered(
            agent=agent.name,
            installed=None if report is None else report.installed,
            drift=self._drift(row, report, agent),
        )

    def _drift(self, row: Attached, report: Report | None, agent: Agent) -> Drift | None:
        record = self._base.packs.get(row.key.pack)
        known = record.releases.get(row.release or "") if record is not None else None
        if record is None or known is None:
            return drift(None, report, agent, self._now, self._timeout)
        aim = target(row, known.release, partial(self._spec, record.deployment))
        return drift(aim, report, agent, self._now, self._timeout)

    def _spec(self, deployment: Deployment, name: str) -> Component | None:
        legacy = deployment is Deployment.LEGACY
        kind = Kind.PUBLISHED_PROCESS if legacy else Kind.PACKAGED_COMPONENT
        found = self._base.tree.get(kind, name)
        spec = None if found is None else found.spec
        return spec if isinstance(spec, PackagedComponent | PublishedProcess) else None
