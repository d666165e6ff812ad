"""One run of the benchmarks: its sizes, its folder, and the worlds that cases share."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import repository, server, terraform, worlds
from benchmarks.databases import Database, Files
from benchmarks.measure import Run, Runner, plain_sql, reconciler

NOON = "2026-11-30T12:00:00Z"
MIDNIGHT = "2026-12-01T05:00:00Z"  # of 1 December in New York


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Three sizes of each, so that growth shows; the last is the target's in a full run."""

    attachments: tuple[int, ...]
    packs: tuple[int, ...]
    midnights: tuple[int, ...]
    resources: tuple[int, ...]
    compared_documents: int
    repetitions: int


FULL = Sizes(
    attachments=(10_000, 100_000, 1_000_000),
    packs=(100, 1_000, 10_000),
    midnights=(100, 1_000, 10_000),
    resources=(200, 1_000, 2_000),
    compared_documents=10_000,
    repetitions=5,
)
QUICK = Sizes(
    attachments=(1_000, 10_000, 50_000),
    packs=(10, 100, 1_000),
    midnights=(10, 50, 250),
    resources=(50, 100, 200),
    compared_documents=2_000,
    repetitions=3,
)


class World:
    """A publisher's repository, and its stores: one in each database that is asked for."""

    def __init__(self, folder: Path, runner: Runner, texts: dict[str, str]) -> None:
        folder.mkdir(parents=True)
        self.folder, self.runner = folder, runner
        self.manifests = len(texts)
        self.documents = folder / "documents"
        self.repository = folder / "publisher.git"
        self._stores: dict[str, Stored] = {}
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

    def stored(self, database: Database) -> "Stored":
        """This world's store in that database."""
        if database.name not in self._stores:
            self._stores[database.name] = Stored(self, database)
        return self._stores[database.name]

    def remove(self) -> None:
        """Takes everything away."""
        for stored in self._stores.values():
            stored.database.drop(stored.url)
        shutil.rmtree(self.folder)


class Stored:
    """A world's store in one database."""

    def __init__(self, world: World, database: Database) -> None:
        self.world, self.database = world, database
        self.url = database.place(world.folder.name)
        self._filled = False

    def apply(self, now: str = NOON) -> Run:
        """One pass."""
        return self.world.runner.run(self.pass_command(now), self.world.documents)

    def pass_command(self, now: str = NOON) -> list[str]:
        """What one pass is started with."""
        return self.world.command("apply", now, "--store", self.url)

    def fill(self, how: str) -> None:
        """Adds attachments by SQL, as if accounts had made them; once."""
        if not self._filled:
            self.world.runner.run(plain_sql(how, self.url))
            self._filled = True
        self.database.settled(self.url)

    def plain(self, what: str) -> Run:
        """The same rows by plain SQL, on a copy of the store as it is now."""
        return self.world.runner.run(plain_sql(what, self.database.copied(self.url)))


@dataclass(slots=True, kw_only=True)
class Bench:
    """What every case is given."""

    folder: Path
    runner: Runner
    sizes: Sizes
    python: Run
    databases: tuple[Database, ...]
    more_versions: Mapping[str, str]
    _worlds: dict[int, World] = field(default_factory=dict)

    @property
    def file(self) -> Database:
        """The one that needs no server, for cases that the database has no part in."""
        return self.databases[0]

    def world(self, packs: int) -> World:
        """The world with so many packs; the cases take it as they find it, one after the other."""
        if packs not in self._worlds:
            texts = worlds.manifests(packs)
            self._worlds[packs] = World(self.folder / f"packs-{packs}", self.runner, texts)
        return self._worlds[packs]

    def beyond_python(self, run: Run) -> float:
        """Seconds of a run beyond starting Python."""
        return max(0.0, run.seconds - self.python.seconds)


@contextmanager
def prepared(sizes: Sizes) -> Iterator[Bench]:
    """A folder and a server for one run, which both go after the block."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        runner = Runner(home=folder / "home")
        runner.home.mkdir()
        with server.started(folder) as started:
            versions = {"postgresql": started.version}
            if terraform.program():
                versions["terraform"] = terraform.version(runner)
            yield Bench(
                folder=folder,
                runner=runner,
                sizes=sizes,
                python=runner.bare_python(),
                databases=(Files(folder / "files"), started),
                more_versions=versions,
            )
