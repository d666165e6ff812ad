"""What a pass is given from outside; wiring makes one."""

from pathlib import Path
from typing import Protocol

from reconciler.errors import StoreError
from reconciler.ports import Clock, Progress, Snapshot, Source, Store
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


def check_signature(world: World, revision: str, in_force: str | None = None) -> None:
    """Where the operator demands signatures: raises UnsignedRevision for one without.

    The revision `in_force`, if any, was checked when it was accepted.
    """
    signers = world.settings.allowed_signers
    if signers is not None and revision != in_force:
        world.source.verify(revision, signers=signers, revoked=world.settings.revoked_keys)


def snapshot_of(world: World, revision: str, in_force: str | None = None) -> Snapshot:
    """The files of a revision that may be used. Raises SourceError, also for its signature."""
    check_signature(world, revision, in_force)
    return world.source.snapshot(revision)


def needed_store(world: World) -> Store:
    """The store of a command that can't do without. Raises StoreError."""
    if world.store is None:
        raise StoreError("a pass needs a store", "name one with --store")
    return world.store
