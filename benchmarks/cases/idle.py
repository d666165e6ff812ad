"""A pass with nothing to do: what it takes, that it writes nothing, and what octoDNS takes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks import dns, worlds
from benchmarks.bench import Bench, World
from benchmarks.measure import CommandFailed, Criterion, Measurement, Run

TARGET = 100_000
_CAUSE = "It is all imports and starting git twice; nothing of it grows."


def measure(bench: Bench) -> Iterator[Measurement]:
    """The applied revision once more, with a hundred attachments a pack."""
    for packs in bench.sizes.packs:
        world = bench.world(packs)
        world.apply()
        world.fill("fill-clusters")
        before = _state(world.store)
        run = _pass(bench, world)
        written = before != _state(world.store)
        yield Measurement(
            case="pass with nothing to do",
            size={"manifests": world.manifests, "attachments": packs * min(packs, worlds.CLUSTER)},
            seconds=run.seconds,
            peak_mb=run.peak_mb,
            baseline="python -c pass",
            baseline_seconds=bench.python.seconds,
            criteria=(
                Criterion(
                    what="beyond starting Python",
                    value=bench.beyond_python(run),
                    target=0.3,
                    unit="s",
                ),
                Criterion(what="writes", value=float(written), target=0.0),
            ),
            at_target_size=world.manifests >= TARGET,
            cause=_CAUSE,
        )


def measure_octodns(bench: Bench) -> Iterator[Measurement]:
    """As many DNS records as manifests; source and target are YAML files that say the same."""
    for packs in bench.sizes.packs:
        world = bench.world(packs)
        world.apply()
        run = _pass(bench, world)
        records = packs * 10
        folder = bench.folder / f"dns-{records}"
        baseline = bench.runner.run(dns.no_op(folder, records))
        yield Measurement(
            case="pass with nothing to do, beside octoDNS",
            size={"manifests": world.manifests, "records": records},
            seconds=run.seconds,
            peak_mb=run.peak_mb,
            baseline="octodns-sync",
            baseline_seconds=baseline.seconds,
            criteria=(
                Criterion(
                    what="× faster",
                    value=baseline.seconds / run.seconds,
                    target=100.0,
                    at_least=True,
                ),
            ),
            at_target_size=records >= TARGET,
            cause=_CAUSE,
        )


def _pass(bench: Bench, world: World) -> Run:
    run = bench.runner.median(world.pass_command(), bench.sizes.repetitions, world.documents)
    if "Nothing to do" not in run.out:
        raise CommandFailed(f"the pass found something to do: {run.out}")
    return run


def _state(store: Path) -> tuple[tuple[int, str], bytes]:
    """The store's last write and content, and its log; the index beside it is SQLite's own."""
    log = store.with_name(f"{store.name}-wal")
    with store.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return (store.stat().st_mtime_ns, digest), log.read_bytes() if log.exists() else b""
