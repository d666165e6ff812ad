"""`make bench`: every case at three sizes -> results as JSON, and the table that people read."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import results, table, terraform
from benchmarks.bench import FULL, QUICK, Bench, prepared
from benchmarks.cases import CASES
from benchmarks.measure import Measurement


def main(argv: list[str]) -> int:
    """Runs all cases; a full run writes docs/performance.md, too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, about a minute")
    parser.add_argument(
        "--page", action="store_true", help="only write the page anew from the last full results"
    )
    names = sorted({_name(measure) for measure in CASES})
    parser.add_argument(
        "--only", choices=names, help="one kind of case, at its sizes; writes no file"
    )
    options = parser.parse_args(argv)
    if options.only:
        with prepared(QUICK if options.quick else FULL) as bench:
            found = [results.told(one) for one in _measured(bench, options.only)]
        print(f"\n{table.table({'measurements': found})}")
        return 0
    if not options.page:
        path = _run(options.quick)
        found = json.loads(path.read_text(encoding="utf-8"))
        print(f"\n{table.table(found)}")
    if not options.quick:
        full = json.loads((results.FOLDER / "full.json").read_text(encoding="utf-8"))
        table.PAGE.write_text(table.page(full), encoding="utf-8")
    return 0


def _run(quick: bool) -> Path:
    """On both databases; the file with the results."""
    with prepared(QUICK if quick else FULL) as bench:
        return results.write(
            list(_measured(bench)),
            quick=quick,
            more_versions=bench.more_versions,
            left_out={} if terraform.program() else {"Terraform": "it is not installed here"},
        )


def _measured(bench: Bench, only: str | None = None) -> Iterator[Measurement]:
    started = time.perf_counter()
    for measure in CASES:
        if only not in (None, _name(measure)):
            continue
        for found in measure(bench):
            _tell(found, time.perf_counter() - started)
            yield found


def _name(measure: Callable[[Bench], Iterator[Measurement]]) -> str:
    return measure.__module__.rpartition(".")[2]


def _tell(found: Measurement, elapsed: float) -> None:
    size = ", ".join(f"{count:,} {what}" for what, count in found.size.items())
    reached = "reached" if found.reached else "missed"
    case = f"{found.case}, {found.store}" if found.store else found.case
    print(
        f"{elapsed:5.0f} s  {case}  {size}  {found.seconds:.3f} s"
        f"  (baseline {found.baseline_seconds or 0:.3f} s)  {reached}",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
