"""The plan of a release to many attachments, as the comment of a pull request."""

from collections.abc import Iterator

from benchmarks import reviews
from benchmarks.bench import NOON, Bench, World
from benchmarks.databases import Database
from benchmarks.measure import Criterion, Measurement

TARGET = 100_000
LONGEST = 60_000  # characters
_CAUSE = (
    "It is reading accounts and what they filled in, each once from git's cache and once from the "
    "store, and grouping the attachments: it follows the accounts."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """Ten attachments in each account, of which none has a value that the release requires."""
    for attachments in bench.sizes.attachments:
        for database in bench.databases:
            yield _measured(bench, database, attachments)


def _measured(bench: Bench, database: Database, attachments: int) -> Measurement:
    folder = bench.folder / f"reviews-{database.name.lower()}-{attachments}"
    world = World(folder, bench.runner, reviews.first_release(attachments))
    stored = world.stored(database)
    stored.apply()
    stored.fill("fill-reviews")
    world.commit(reviews.second_release())
    command = world.command("plan", NOON, "--store", stored.url, "--format", "markdown")
    run = bench.runner.median(command, bench.sizes.repetitions, world.documents)
    baseline = stored.plain("read-reviews")
    world.remove()
    return Measurement(
        case="plan and comment of a release to all attachments",
        store=database.name,
        size={"attachments": attachments, "accounts": reviews.accounts(attachments)},
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline="plain read of the same rows",
        baseline_seconds=baseline.seconds,
        criteria=(
            Criterion(what="whole command", value=run.seconds, target=2.0, unit="s"),
            Criterion(what="comment", value=len(run.out), target=LONGEST, unit="characters"),
        ),
        at_target_size=attachments == TARGET,
        cause=_CAUSE,
    )
