"""What an account's runtime says that it runs -> how it differs from what should run."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.desired.bundle import bundle
from reconciler.desired.drift import drift
from reconciler.model.base import AttachmentKey
from reconciler.model.delivery import Agent, Drift
from reconciler.web.route import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What the agent reported. `installed` None: nothing that was verified."""

    agent: Agent
    installed: Mapping[AttachmentKey, str | None]
    drifts: Mapping[AttachmentKey, Drift]


def delivered(call: Call) -> Delivered | None:
    """None for an account without an agent: the store's word counts."""
    services = call.services
    served = services.deliveries.served(call.path["account"])
    if served is None or served.agent is None:
        return None
    drifts, installed = {}, {}
    for target in bundle(served).targets:
        report = served.reports.get(target.key)
        installed[target.key] = report.installed if report is not None else None
        found = drift(target.aim, report, served.agent, call.now, services.overdue_after)
        if found is not None:
            drifts[target.key] = found
    return Delivered(agent=served.agent, installed=installed, drifts=drifts)
