"""A publisher's repository -> a world with a store for rehearsals; its revision and clock move."""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reconciler.ports import Clock, Progress, Source, Store
from reconciler.settings import Settings
from reconciler.source import LocalSource, open_source
from reconciler.source.snapshot import GitSnapshot
from reconciler.store import open_store

_AT_LEAST = timedelta(minutes=1)
_LATEST = 4_000_000_000  # in 2096: git takes dates that no calendar knows
_SNAPSHOTS = 2


@dataclass(frozen=True, kw_only=True)
class RememberingSource(LocalSource):
    """A repository in which nobody writes; revisions are full commit ids.

    git is started once for what does not change: commits, their trees and their order.
    """

    snapshots: dict[str, GitSnapshot] = field(default_factory=dict)
    followers: dict[tuple[str, str], bool] = field(default_factory=dict)

    def resolve(self, revision: str | None = None) -> str:
        return LocalSource.resolve(self) if revision is None else revision

    def snapshot(self, revision: str) -> GitSnapshot:
        if revision not in self.snapshots:
            found = LocalSource.snapshot(self, revision)
            while len(self.snapshots) >= _SNAPSHOTS:
                del self.snapshots[next(iter(self.snapshots))]
            self.snapshots[revision] = found
        return self.snapshots[revision]

    def descends(self, revision: str, ancestor: str) -> bool:
        pair = (revision, ancestor)
        if pair not in self.followers:
            self.followers[pair] = LocalSource.descends(self, revision, ancestor)
        return self.followers[pair]


@dataclass
class MovingClock:
    """Moves with the commits, and never back."""

    instant: datetime = datetime(1970, 1, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def move_to(self, at: int) -> None:
        """To a commit's date, in seconds since 1970; at least by a minute."""
        told = datetime.fromtimestamp(min(max(at, 0), _LATEST), UTC)
        self.instant = max(told, self.instant + _AT_LEAST)


@dataclass
class World:
    """A steps.world.World; `moving` is its clock."""

    settings: Settings
    store: Store | None
    moving: MovingClock
    clock: Clock
    source: Source
    cache_folder: Path | None
    progress: Progress | None = None


def opened(repository: Path, folder: Path, store_url: str | None) -> World:
    """The store is at the URL, or in `folder`, and is made. Raises SourceError and StoreError."""
    url = store_url or f"sqlite:///{folder / 'install-base.db'}"
    clock = MovingClock()
    return World(
        settings=Settings(repository=str(repository), store_url=url, actor="replay"),
        store=open_store(url, mode="create", clock=clock, rehearsal=True),
        moving=clock,
        clock=clock,
        source=_remembering(repository),
        cache_folder=folder / "documents",
    )


def _remembering(repository: Path) -> RememberingSource:
    found = open_source(str(repository.absolute()))
    assert isinstance(found, LocalSource), "a path is no URL"
    return RememberingSource(**{one.name: getattr(found, one.name) for one in fields(found)})
