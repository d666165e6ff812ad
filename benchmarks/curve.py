"""`make bench-curve`: one pack with more and more attachments -> what it takes, as JSON and a page.

A size takes about as many minutes as it has millions of attachments, on each database.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import bench, curve_page, editions, results
from benchmarks.databases import Database
from benchmarks.measure import CommandFailed, Run, reconciler
from benchmarks.server import Server

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
PARTS = "16"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One size on one database. Bytes are of all rows; None where a database has no such thing."""

    store: str
    attachments: int
    release_seconds: float
    plain_seconds: float
    release_peak_mb: float
    idle_seconds: float
    check_seconds: float
    check_peak_mb: float
    attachment_bytes: tuple[int, int]
    released_bytes: tuple[int, int]
    history_bytes: tuple[int, int]
    log_bytes: int | None
    hot_share: float | None
    partition_seconds: float | None


def main(argv: list[str]) -> int:
    """Measures, unless the page is wanted alone, and writes docs/operations/scaling.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.curve", description=__doc__)
    parser.add_argument(
        "--up-to", type=int, default=SIZES[-1], metavar="N", help="leave out sizes above this"
    )
    parser.add_argument(
        "--page", action="store_true", help="only write the page anew from the last results"
    )
    options = parser.parse_args(argv)
    path = results.FOLDER / "curve.json"
    if not options.page:
        with bench.prepared(bench.FULL) as prepared:
            points = [asdict(point) for point in _points(prepared, options.up_to)]
            content = {**results.run_facts(prepared.more_versions), "points": points}
        path = results.put("curve.json", content)
    curve_page.write(json.loads(path.read_text(encoding="utf-8")))
    return 0


def _points(prepared: bench.Bench, up_to: int) -> Iterator[Point]:
    for attachments in SIZES:
        if attachments <= up_to:
            for database in prepared.databases:
                point = _measured(prepared, database, attachments)
                told = f"{attachments:,} on {point.store}: {point.release_seconds:.1f} s"
                print(told, file=sys.stderr, flush=True)
                yield point


def _measured(prepared: bench.Bench, database: Database, attachments: int) -> Point:
    folder = prepared.folder / f"curve-{database.name.lower()}-{attachments}"
    world = bench.World(folder, prepared.runner, editions.first_release(attachments))
    stored = world.stored(database)
    stored.apply()
    stored.fill("fill-editions")
    filled = database.bytes_by_table(stored.url)["attachment"]
    plain = stored.plain("release")
    world.commit(editions.released("1.1.0"))
    log = _log(database)
    release = stored.apply()
    logged = _log(database)
    after = database.bytes_by_table(stored.url)
    idle = prepared.runner.median(stored.pass_command(), prepared.sizes.repetitions)
    check = _store(prepared, "check", stored.url)
    on_server: dict[str, Any] = {"log_bytes": None, "hot_share": None, "partition_seconds": None}
    if isinstance(database, Server):
        on_server = {
            "log_bytes": logged - log,
            "hot_share": database.hot_share(stored.url),
            "partition_seconds": _store(
                prepared, "partition", stored.url, "--parts", PARTS
            ).seconds,
        }
    world.remove()
    return Point(
        store=database.name,
        attachments=attachments,
        release_seconds=release.seconds,
        plain_seconds=plain.seconds,
        release_peak_mb=release.peak_mb,
        idle_seconds=idle.seconds,
        check_seconds=check.seconds,
        check_peak_mb=check.peak_mb,
        attachment_bytes=filled,
        released_bytes=after["attachment"],
        history_bytes=after["history"],
        **on_server,
    )


def _log(database: Database) -> int:
    return database.log_bytes() if isinstance(database, Server) else 0


def _store(prepared: bench.Bench, name: str, url: str, *options: str) -> Run:
    return prepared.runner.run(reconciler("store", name, "--store", url, *options))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CommandFailed as error:
        sys.exit(str(error))
