"""What the functions of routes are given from outside."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from reconciler.desired.delivered import Deliveries as Delivery
from reconciler.desired.delivered import Tells, of_account
from reconciler.model.access import Principal
from reconciler.model.base import InstallBase
from reconciler.model.delivery import OVERDUE_AFTER, Report
from reconciler.notify.post import Ways
from reconciler.ports import Clock, Store
from reconciler.ports.access import Access, Answers
from reconciler.ports.delivery import Contents, Deliveries
from reconciler.ports.outbox import Outbox
from reconciler.ports.search import Search
from reconciler.ports.views import Views
from reconciler.store import access_of, answers_of, deliveries_of, outbox_of, search_of, views_of
from reconciler.web.asked import Asked
from reconciler.web.changes import Changes
from reconciler.web.counting import Counts, Remembered, counting, counting_moves, with_counts
from reconciler.web.limiting import Limits
from reconciler.web.observing import Metrics
from reconciler.web.watching import Watch

if TYPE_CHECKING:
    from reconciler.web.identity.provider import Provider
    from reconciler.web.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who came. `principal` None: nobody signed in.

    `csrf` is what forms have to send back, for a browser that signed in.
    """

    principal: Principal | None = None
    csrf: str | None = None


class Identity(Protocol):
    """Tells who is asking."""

    def visitor(self, asked: Asked, route: "Route") -> Visitor:
        """Raises Problem for a token that is not good, and for a forged form."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """One process's own; handed to each call.

    `origin` is how browsers reach the server ("https://packs.example"); None: as they say.
    `provider` None: tokens alone let people in. `contents` None: it does not read the publisher's
    repository. A runtime that does not run what it should for `overdue_after` is overdue.
    `ways`: how notifications are sent. `trying`: channels whose tests wait for their receivers.
    """

    store: Store
    clock: Clock
    identity: Identity
    origin: str | None = None
    provider: "Provider | None" = None
    contents: Contents | None = None
    overdue_after: timedelta = OVERDUE_AFTER
    ways: Ways = field(default_factory=Ways)
    limits: Limits = field(default_factory=lambda: Limits(0, 0))
    metrics: Metrics = field(default_factory=Metrics)
    trying: set[int] = field(default_factory=set)

    @cached_property
    def access(self) -> Access:
        """Who may come in."""
        return access_of(self.store)

    @cached_property
    def answers(self) -> Answers:
        """What was answered to requests that may come again."""
        return answers_of(self.store)

    @cached_property
    def views(self) -> Views:
        """Pages of the store, and the worlds of its accounts."""
        return views_of(self.store)

    @cached_property
    def search(self) -> Search:
        """Finds names in the store."""
        return search_of(self.store)

    @cached_property
    def counts(self) -> Remembered[Counts]:
        """The rows of all packs, a little old."""
        return counting(self.views, self.deliveries, self.clock)

    def counted(self, packs: Collection[str]) -> InstallBase:
        """These packs with releases and components; how many run what is some seconds old."""
        return with_counts(self.views.of_packs(packs), self.counts.get())

    @cached_property
    def watch(self) -> Watch:
        """Shows roll-outs under way to everybody who watches."""
        return Watch()

    @cached_property
    def moving(self) -> Remembered[Counts]:
        """The rows of the packs of a fan-out under way, a little old."""
        return counting_moves(self.views, self.clock)

    @cached_property
    def deliveries(self) -> Deliveries:
        """What the store keeps of deliveries."""
        return deliveries_of(self.store)

    def delivered(self, accounts: Collection[str], now: datetime) -> Delivery:
        """Tells what the rows of these accounts run, as last looked at; asks once for all."""
        agents = self.deliveries.agents(accounts)
        said: dict[str, list[Report]] = {}
        for report in self.deliveries.reports(agents):
            said.setdefault(report.key.account, []).append(report)
        return Delivery(agents, lambda name: said.get(name, ()), now, self.overdue_after)

    def delivered_to(self, account: str, now: datetime) -> Tells:
        """Tells what the rows of one account run, held against what they should run by now."""
        served = self.deliveries.served(account) if self.deliveries.agents((account,)) else None
        if served is None:
            return self.delivered((), now).of
        return of_account(served, now, self.overdue_after)

    @cached_property
    def outbox(self) -> Outbox:
        """What there is to tell, and to whom."""
        return outbox_of(self.store)

    @cached_property
    def changes(self) -> Changes:
        """Wakes requests that wait for an account to change."""
        return Changes(self.deliveries)

    def stop(self) -> None:
        """Answers that go on end: the process does, too."""
        self.watch.stop()
        self.changes.stop()

    def tell_overdue(self) -> int:
        """A duty of whoever serves; returns how many were told."""
        return self.deliveries.tell_overdue(self.clock.now(), self.overdue_after)
