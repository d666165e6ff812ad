"""--store and --now -> the store that a command reads, and the time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reconciler.ports import Store

if TYPE_CHECKING:
    from reconciler.desired.delivered import Deliveries
    from reconciler.model.base import InstallBase


@contextmanager
def opened(
    url: str, now: datetime | None, *, writes: bool = False
) -> Iterator[tuple[Store, datetime]]:
    """The store, which has to exist, and the instant by the command's clock. Raises StoreError."""
    from reconciler.settings import Settings
    from reconciler.wiring import open_world

    with open_world(Settings(store_url=url, now=now), store="existing", writes=writes) as world:
        assert world.store is not None, "an existing store was demanded"
        yield world.store, world.clock.now()


def zone_of(store: Store | None) -> ZoneInfo:
    """The publisher's zone; UTC without a store, and before anything was applied."""
    from reconciler.model.zones import zone

    return zone((store and store.publisher_zone()) or "UTC")


def applied_base(store: Store) -> "InstallBase":
    """The install base. Raises StoreError when no revision was ever applied to it."""
    from reconciler.errors import StoreError

    base = store.base()
    if base.applied is None:
        raise StoreError("nothing was applied to this store yet", "run reconciler apply first")
    return base


def deliveries_of(store: Store, now: datetime, account: str | None = None) -> "Deliveries":
    """What runtimes run, of one account or of all."""
    from reconciler.desired.delivered import Deliveries
    from reconciler.model.delivery import OVERDUE_AFTER
    from reconciler.store import deliveries_of

    kept = deliveries_of(store)
    agents = kept.agents(None if account is None else (account,))
    return Deliveries(agents, lambda name: kept.reports((name,)), now, OVERDUE_AFTER)
