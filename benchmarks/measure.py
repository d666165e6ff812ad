"""Commands -> measurements: seconds, peak memory, ratios, and the targets they are held against."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[1]
PROBE = Path(__file__).parent / "probe.py"
LIMIT_SECONDS = 1_800


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one command took, started by a small process of its own."""

    seconds: float
    peak_mb: float
    out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A measured value beside its target; `at_least` says on which side of it to be."""

    what: str
    value: float
    target: float
    unit: str = ""
    at_least: bool = False

    @property
    def reached(self) -> bool:
        return self.value >= self.target if self.at_least else self.value <= self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One case at one size. `at_target_size`: the size is the one that the target is meant for.

    `store` is the kind of database that the case touches, None where it is the same for all.
    `seconds` and `baseline_seconds` are of whole processes, starting them included. `cause` says
    where the time goes, for a reader who sees that a target is missed.
    """

    case: str
    size: Mapping[str, int]
    seconds: float
    peak_mb: float
    criteria: tuple[Criterion, ...]
    at_target_size: bool
    store: str | None = None
    baseline: str | None = None
    baseline_seconds: float | None = None
    cause: str | None = None

    @property
    def reached(self) -> bool:
        return all(criterion.reached for criterion in self.criteria)


class CommandFailed(Exception):
    """A command of a benchmark did not end as it should."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs commands with a home folder of their own, so that nobody's cache is touched."""

    home: Path

    def run(self, argv: Sequence[str], cache: Path | None = None) -> Run:
        """One run; `cache` is where parsed documents are kept. Raises CommandFailed."""
        environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(cache or self.home / "cache"),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        probe = [sys.executable, "-I", "-S", str(PROBE), *argv]
        done = subprocess.run(
            probe, env=environment, cwd=TOP, capture_output=True, timeout=LIMIT_SECONDS, check=True
        )
        told = json.loads(done.stdout)
        if told["code"] != 0:
            raise CommandFailed(f"{' '.join(argv[:6])} ended with {told['code']}: {told['err']}")
        return Run(seconds=told["seconds"], peak_mb=told["peak_mb"], out=told["out"])

    def median(self, argv: Sequence[str], times: int, cache: Path | None = None) -> Run:
        """The median time of several runs, and the highest peak."""
        runs = [self.run(argv, cache) for _ in range(times)]
        return Run(
            seconds=statistics.median(run.seconds for run in runs),
            peak_mb=max(run.peak_mb for run in runs),
            out=runs[-1].out,
        )

    def bare_python(self, times: int = 5) -> Run:
        """What starting Python takes."""
        return self.median([sys.executable, "-c", "pass"], times)


def reconciler(*words: str) -> list[str]:
    """The program as a user starts it."""
    return [sys.executable, "-m", "reconciler", *words]


def plain_sql(what: str, url: str) -> list[str]:
    """A writer of plain_sql.py in a process of its own."""
    return [sys.executable, "-m", "benchmarks.plain_sql", what, url]


def tool(name: str) -> str:
    """A program that was installed beside this Python."""
    return str(Path(sys.executable).with_name(name))
