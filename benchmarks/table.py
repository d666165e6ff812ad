"""Results as JSON -> the page docs/performance.md, and the same table for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.measure import TOP

PAGE = TOP / "docs" / "performance.md"
Result = Mapping[str, Any]

_HEAD = """\
# Performance

What the reconciler takes, in time and memory, beside plain SQL, check-jsonschema, octoDNS and
Terraform at the same work. Measured by `make bench`, which writes this page and
[benchmarks/results/full.json](../benchmarks/results/full.json); `make bench-quick` takes about a
minute, with smaller sizes. Every ratio is taken in one run, against a baseline on the same machine.
No test asserts a time. On a machine that does other work, too, ratios hold roughly and seconds do
not. The targets are those of [the specification](specification.md), section 10.

Seconds are of whole processes as a user starts them, Python and the imports included, the median of
several runs where they are short. The peak is the memory of the largest process of a command; that
of a PostgreSQL server is its own. The worlds are generated, the same ones each time: a pack has two
components, a release, an account and five attachments of its own, each a file; a hundred packs
share an account group.
"""
_COLUMNS = (
    "| case | store | size | seconds | baseline, seconds | measured (target) | peak MB | reached |"
)
_RULE = "|---|---|---|--:|--:|---|--:|---|"


def page(results: Result) -> str:
    """The whole page."""
    machine, versions = results["machine"], results["versions"]
    measured = (
        f"Measured on {results['measured_at'][:10]} at revision {results['revision']}: "
        f"{machine['processors']} × {machine['processor']}, {machine['memory_mb'] / 1000:.0f} GB, "
        f"{machine['system']}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + "."
    )
    parts = [_HEAD, measured, "", *_table(results), "", *_notes(results)]
    return "\n".join(parts) + "\n"


def table(results: Result) -> str:
    """The table alone."""
    return "\n".join(_table(results))


def _table(results: Result) -> Iterator[str]:
    yield _COLUMNS
    yield _RULE
    for found in results["measurements"]:
        yield f"| {' | '.join(_cells(found))} |"


def _cells(found: Result) -> Iterator[str]:
    yield found["case"]
    yield found["store"] or "–"
    yield ", ".join(f"{count:,} {what}" for what, count in found["size"].items()) or "–"
    yield _seconds(found["seconds"])
    yield f"{found['baseline']}: {_seconds(found['baseline_seconds'])}"
    yield "; ".join(_criterion(criterion) for criterion in found["criteria"])
    yield f"{found['peak_mb']:.0f}"
    reached = "yes" if found["reached"] else "**no**"
    yield reached if found["at_target_size"] else f"({reached.strip('*')})"


def _criterion(criterion: Result) -> str:
    unit = f" {criterion['unit']}" if criterion["unit"] else ""
    side = "≥" if criterion["at_least"] else "≤"
    value, target = _figure(criterion["value"]), f"{criterion['target']:g}"
    if criterion["what"].startswith("×"):
        return f"{value} {criterion['what']} ({side} {target})"
    return f"{criterion['what']} {value}{unit} ({side} {target}{unit})"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.1f}"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _notes(results: Result) -> Iterator[str]:
    yield "In brackets: the size is smaller than the target's, and is there to show growth."
    yield ""
    yield "## What misses its target"
    yield ""
    missed = [
        found
        for found in results["measurements"]
        if found["at_target_size"] and not found["reached"]
    ]
    for found in missed:
        figures = "; ".join(
            _criterion(criterion) for criterion in found["criteria"] if not criterion["reached"]
        )
        where = f", {found['store']}" if found["store"] else ""
        yield f"- **{found['case']}{where}**: {figures}. {found['cause'] or ''}".rstrip()
    if not missed:
        yield "Nothing of what was measured."
    yield ""
    yield "## How to read it"
    yield ""
    yield from _READING
    yield ""
    yield "## What is not measured"
    yield ""
    yield "- Several workers on one release."
    for what, reason in results["left_out"].items():
        yield f"- {what}: {reason}."
    yield "- Being killed at any write is no matter of time: tests/passes does it."


_READING = (
    "- *plain SQL* writes the same rows to a copy of the store, by the same statements on both "
    "databases, in transactions of the same size, each of them on the disk when it ends; it plans "
    "nothing and checks nothing.",
    "- *PostgreSQL* is a server of its own on the same machine, reached by a socket, that waits "
    "for its disk at each commit; apart from memory and the length of its log it is as it comes.",
    "- *check-jsonschema* is run once a kind with that kind's schema, which is the fastest way to "
    "use it, on one processor; its start is taken off. The program uses all processors, resolves "
    "every reference and judges every rule, and its start counts.",
    "- *octoDNS* compares two folders of YAML that say the same, in zones of 1,000 records: the "
    "provider that comes with it, without a network.",
    "- *Terraform* applies `terraform_data`, which need no provider, to a state in a file. Both "
    "this and octoDNS stand beside a pass on SQLite.",
)
