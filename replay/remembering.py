"""A source that starts git once for what does not change: commits, their trees and their order."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from reconciler.source import LocalSource, open_source
from reconciler.source.snapshot import GitSnapshot

_SNAPSHOTS = 2


@dataclass(frozen=True, kw_only=True)
class RememberingSource(LocalSource):
    """A repository on this machine in which nobody writes; revisions are full commit ids."""

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


def remembering(repository: Path) -> RememberingSource:
    """Raises SourceError when there is no repository."""
    found = open_source(str(repository.absolute()))
    assert isinstance(found, LocalSource), "a path is no URL"
    return RememberingSource(**{one.name: getattr(found, one.name) for one in fields(found)})
