"""What a pass is given from outside; wiring makes one."""

from pathlib import Path
from typing import Protocol

from reconciler.errors import StoreError
from reconciler.ports import Clock, Progress, Source, Store
from reconciler.settings import Settings


class World(Protocol):
    """`store` None: there is none, and the command can do without. `progress` None: no bars."""

    settings: Settings
    store: Store | None
    clock: Clock
    progress: Progress | None

    @property
    def source(self) -> Source: ...

    @property
    def cache_folder(self) -> Path | None: ...


def asked_revision(world: World) -> str:
    """Fetches a remote; the full commit id of the revision asked for. Raises SourceError."""
    world.source.refresh()
    return world.source.resolve(world.settings.revision)


def needed_store(world: World) -> Store:
    """The store of a command that can't do without. Raises StoreError."""
    if world.store is None:
        raise StoreError("a pass needs a store", "name one with --store")
    return world.store
