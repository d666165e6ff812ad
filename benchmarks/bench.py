"""One run of the benchmarks: its sizes, its folder, and the worlds that cases share."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import repository, worlds
from benchmarks.measure import Run, Runner, plain_sql, reconciler

NOON = "2026-11-30T12:00:00Z"
MIDNIGHT = "2026-12-01T05:00:00Z"  # of 1 December in New York


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Three sizes of each, so that growth shows; the last is the target's in a full run."""

    attachments: tuple[int, ...]
    packs: tuple[int, ...]
    midnights: tuple[int, ...]
    compared_documents: int
    repetitions: int


FULL = Sizes(
    attachments=(10_000, 100_000, 1_000_000),
    packs=(100, 1_000, 10_000),
    midnights=(100, 1_000, 10_000),
    compared_documents=10_000,
    repetitions=5,
)
QUICK = Sizes(
    attachments=(1_000, 10_000, 50_000),
    packs=(10, 100, 1_000),
    midnights=(10, 100, 1_000),
    compared_documents=2_000,
    repetitions=3,
)


class World:
    """A publisher's repository, and its store once something is applied."""

    def __init__(self, folder: Path, runner: Runner, texts: dict[str, str]) -> None:
        folder.mkdir(parents=True)
        self.folder, self.runner = folder, runner
        self.manifests = len(texts)
        self.documents = folder / "documents"
        self.repository = folder / "publisher.git"
        self.store = folder / "install-base.db"
        self.filled = False
        repository.create(self.repository, texts)

    def commit(self, texts: dict[str, str]) -> None:
        """One more commit."""
        repository.commit(self.repository, texts)

    def command(self, name: str, now: str, *options: str) -> list[str]:
        """A command of the program for this world."""
        return reconciler(name, str(self.repository), "--now", now, *options)

    def validate(self) -> Run:
        """Judges the newest commit."""
        return self.runner.run(self.command("validate", NOON), self.documents)

    def apply(self, now: str = NOON) -> Run:
        """One pass."""
        return self.runner.run(self.pass_command(now), self.documents)

    def pass_command(self, now: str = NOON) -> list[str]:
        """What one pass is started with."""
        return self.command("apply", now, "--store", f"sqlite:///{self.store}")

    def fill(self, how: str) -> None:
        """Adds attachments by SQL, as if accounts had made them; once."""
        if not self.filled:
            self.runner.run(plain_sql(how, self.store))
            self.filled = True

    def copied_store(self) -> Path:
        """The store as it is now, for a baseline to write to."""
        copy = self.folder / "copy.db"
        shutil.copyfile(self.store, copy)
        return copy


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every case is given."""

    folder: Path
    runner: Runner
    sizes: Sizes
    python: Run
    _worlds: dict[int, World] = field(default_factory=dict)

    def world(self, packs: int) -> World:
        """The world with so many packs; the cases take it as they find it, one after the other."""
        if packs not in self._worlds:
            texts = worlds.manifests(packs)
            self._worlds[packs] = World(self.folder / f"packs-{packs}", self.runner, texts)
        return self._worlds[packs]

    def beyond_python(self, run: Run) -> float:
        """Seconds of a run beyond starting Python."""
        return max(0.0, run.seconds - self.python.seconds)
