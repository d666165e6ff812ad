"""Measurements -> JSON with the machine, the versions and the targets."""

import json
import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import server
from benchmarks.measure import TOP, Measurement

FOLDER = Path(__file__).parent / "results"
_PACKAGES = (
    "check-jsonschema", "click", "gitpython", "jsonschema-rs", "octodns", "psycopg", "pyyaml",
)  # fmt: skip


def write(
    measurements: Sequence[Measurement],
    *,
    quick: bool,
    more_versions: Mapping[str, str],
    left_out: Mapping[str, str],
) -> Path:
    """Replaces the results of the last run of the same sizes."""
    content = {
        **run_facts(more_versions),
        "measurements": [told(measurement) for measurement in measurements],
        "left_out": left_out,
    }
    return put("quick.json" if quick else "full.json", content)


def run_facts(more_versions: Mapping[str, str]) -> dict[str, Any]:
    """When, of what and where a run was."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": _output("git", "-C", str(TOP), "describe", "--always", "--dirty"),
        "machine": machine(),
        "versions": {**versions(), **more_versions},
        "postgresql_settings": server.SETTINGS,
    }


def put(name: str, content: Mapping[str, Any]) -> Path:
    """Writes a file of results; the last one of that name goes."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / name
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def told(measurement: Measurement) -> dict[str, Any]:
    """A measurement as JSON, with what follows from it."""
    criteria = [
        {**asdict(criterion), "value": round(criterion.value, 4), "reached": criterion.reached}
        for criterion in measurement.criteria
    ]
    seconds, baseline = measurement.seconds, measurement.baseline_seconds
    return {
        **asdict(measurement),
        "size": dict(measurement.size),
        "seconds": round(seconds, 4),
        "peak_mb": round(measurement.peak_mb, 1),
        "baseline_seconds": None if baseline is None else round(baseline, 4),
        "ratio": None if baseline is None else round(seconds / baseline, 3),
        "criteria": criteria,
        "reached": measurement.reached,
    }


def machine() -> Mapping[str, Any]:
    """What a ratio may depend on; nothing that names the machine."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_mb": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000,
    }


def versions() -> Mapping[str, str]:
    """Of Python, the databases, git and the libraries that matter."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "git": _output("git", "--version").removeprefix("git version "),
        "reconciler": metadata.version("integration-pack-reconciler"),
        **{package: metadata.version(package) for package in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
