"""A pass with nothing to do: what it takes, that it writes nothing, and what others take."""

from collections.abc import Iterator

from benchmarks import dns, terraform, worlds
from benchmarks.bench import Bench, Stored
from benchmarks.measure import CommandFailed, Criterion, Measurement, Run

TARGET = 100_000
TERRAFORM_TARGET = 2_000
_CAUSE = (
    "It is imports (on PostgreSQL 64 ms for psycopg alone), and starting git twice; nothing of it "
    "grows."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """The applied revision once more, with a hundred attachments a pack."""
    for packs in bench.sizes.packs:
        for database in bench.databases:
            stored = bench.world(packs).stored(database)
            stored.apply()
            stored.fill("fill-clusters")
            yield _measured(bench, stored, packs * min(packs, worlds.CLUSTER))


def _measured(bench: Bench, stored: Stored, attachments: int) -> Measurement:
    before = stored.database.written(stored.url)
    run = _pass(bench, stored)
    written = before != stored.database.written(stored.url)
    return Measurement(
        case="pass with nothing to do",
        store=stored.database.name,
        size={"manifests": stored.world.manifests, "attachments": attachments},
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
        at_target_size=stored.world.manifests >= TARGET,
        cause=_CAUSE,
    )


def measure_octodns(bench: Bench) -> Iterator[Measurement]:
    """As many DNS records as manifests; source and target are YAML files that say the same."""
    for packs in bench.sizes.packs:
        records = packs * 10
        folder = bench.folder / f"dns-{records}"
        baseline = bench.runner.run(dns.no_op(folder, records))
        yield _compared(
            bench, packs, "octoDNS", {"records": records}, "octodns-sync", baseline, 100.0
        )


def measure_terraform(bench: Bench) -> Iterator[Measurement]:
    """As many resources as manifests, applied once; nothing where it is not installed."""
    for resources in bench.sizes.resources if terraform.program() else ():
        folder = bench.folder / f"terraform-{resources}"
        baseline = terraform.no_op(bench.runner, folder, resources, bench.sizes.repetitions)
        yield _compared(
            bench, resources // 10, "Terraform", {"resources": resources}, "terraform apply",
            baseline, 5.0,
        )  # fmt: skip


def _compared(
    bench: Bench,
    packs: int,
    other: str,
    size: dict[str, int],
    command: str,
    baseline: Run,
    target: float,
) -> Measurement:
    stored = bench.world(packs).stored(bench.file)
    stored.apply()
    run = _pass(bench, stored)
    (compared,) = size.values()
    return Measurement(
        case=f"pass with nothing to do, beside {other}",
        store=stored.database.name,
        size={"manifests": stored.world.manifests, **size},
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline=command,
        baseline_seconds=baseline.seconds,
        criteria=(
            Criterion(
                what="× faster",
                value=baseline.seconds / run.seconds,
                target=target,
                at_least=True,
            ),
        ),
        at_target_size=compared >= (TARGET if other == "octoDNS" else TERRAFORM_TARGET),
        cause=_CAUSE,
    )


def _pass(bench: Bench, stored: Stored) -> Run:
    times, documents = bench.sizes.repetitions, stored.world.documents
    run = bench.runner.median(stored.pass_command(), times, documents)
    if "Nothing to do" not in run.out:
        raise CommandFailed(f"the pass found something to do: {run.out}")
    return run
