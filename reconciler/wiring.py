"""Settings -> a world: the only place that chooses a concrete source, store and clock."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

from reconciler.errors import NoStore, StoreError
from reconciler.ports import Clock, Progress, Source, Store
from reconciler.ports.delivery import Contents
from reconciler.settings import STANDARD_INPUT, Settings, user_cache
from reconciler.steps.world import asked_revision, check_signature

StoreUse = Literal["none", "optional", "existing", "create"]


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedClock:
    """A time that a person set with --now."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


class OpenedWorld:
    """Everything outside that a pass needs: a steps.world.World."""

    def __init__(self, settings: Settings, store: Store | None, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.clock = clock
        self.progress: Progress | None = None

    @cached_property
    def source(self) -> Source:
        """The publisher's repository, opened when it is first asked for. Raises SourceError."""
        from reconciler.source import open_source

        return open_source(self.settings.repository, ref=self.settings.ref)

    @cached_property
    def cache_folder(self) -> Path | None:
        """Where parsed documents are kept; None: nowhere."""
        cache = user_cache()
        return None if cache is None else cache / "documents"


@contextmanager
def open_world(
    settings: Settings, *, store: StoreUse, writes: bool = False, reads_first: bool = False
) -> Iterator[OpenedWorld]:
    """`store`: "optional" takes one that exists, "existing" demands it, "create" makes it.

    `writes` says that the command writes to an existing store. With `reads_first` a store is only
    made once the revision asked for was found and may be used: a repository that can't be read must
    not leave an empty one. Settings that name a snapshot are a reader's: the store is then the
    exported one. Raises StoreError; also when --now is used to write to a store that is no
    rehearsal.
    """
    clock: Clock = SystemClock() if settings.now is None else FixedClock(instant=settings.now)
    if settings.snapshot is not None:
        assert not writes, "nobody writes to a snapshot"
        assert store in ("optional", "existing"), "a snapshot is there"
        with _exported(settings.snapshot, clock) as exported:
            yield OpenedWorld(settings, exported, clock)
        return
    if reads_first:
        found = _open(settings, "optional", writes=True, clock=clock)
        if found is not None:
            yield OpenedWorld(settings, found, clock)
            return
        first = OpenedWorld(settings, None, clock)
        check_signature(first, asked_revision(first))
    yield OpenedWorld(settings, _open(settings, store, writes, clock), clock)


def contents_of(repository: str | None, folder: Path | None, most_bytes: int) -> Contents | None:
    """What the packaged components of a repository hold; None without a repository.

    `folder` None: below the user's cache. Raises SourceError.
    """
    if repository is None:
        return None
    from reconciler.source import open_contents

    kept = folder or (user_cache() or Path(gettempdir()) / "reconciler") / "contents"
    return open_contents(repository, folder=kept, most_bytes=most_bytes)


@contextmanager
def _exported(snapshot: Path, clock: Clock) -> Iterator[Store]:
    from reconciler.store import exported_store

    with ExitStack() as files:
        try:
            named = sys.stdin.fileno() if snapshot == STANDARD_INPUT else snapshot
            kept = snapshot == STANDARD_INPUT
            lines = files.enter_context(open(named, encoding="utf-8", closefd=not kept))
        except OSError as error:
            raise StoreError(
                f"the snapshot {snapshot} can't be read: {error.strerror}",
                "name a file that reconciler store export has written",
            ) from error
        store = files.enter_context(exported_store(lines, clock=clock))
        yield store


def _open(settings: Settings, use: StoreUse, writes: bool, clock: Clock) -> Store | None:
    if use == "none":
        return None
    from reconciler.store import open_store
    from reconciler.store.urls import shown

    mode: Literal["read", "write", "create"]
    mode = "create" if use == "create" else "write" if writes else "read"
    rehearsal = settings.now is not None
    try:
        found = open_store(settings.store_url, mode=mode, clock=clock, rehearsal=rehearsal)
    except NoStore:
        if use == "optional":
            return None
        raise
    if rehearsal and mode != "read" and not found.rehearsal:
        raise StoreError(
            f"{shown(settings.store_url)} is a real install base; --now can't write to it",
            "rehearse with a store of its own: --store sqlite:///rehearsal.db",
        )
    return found
