"""The first validation of a repository, beside check-jsonschema with the same schemas."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks import worlds
from benchmarks.bench import Bench
from benchmarks.measure import TOP, Criterion, Measurement, tool

TARGET = 100_000
_SCHEMAS = {
    "packs": "integration-pack",
    "components": "packaged-component",
    "releases": "release",
    "accounts": "managed-account",
    "groups": "account-group",
    "attachments": "attachment",
}


def measure(bench: Bench) -> Iterator[Measurement]:
    """The cache is empty, all rules are judged; check-jsonschema judges the schemas alone."""
    each = _seconds_each(bench)
    for packs in bench.sizes.packs:
        world = bench.world(packs)
        run = world.validate()
        ratio = each * world.manifests / run.seconds
        yield Measurement(
            case="first validation",
            size={"manifests": world.manifests},
            seconds=run.seconds,
            peak_mb=run.peak_mb,
            baseline="check-jsonschema, by its time for a document",
            baseline_seconds=each * world.manifests,
            criteria=(
                Criterion(what="× the documents a second", value=ratio, target=10.0, at_least=True),
            ),
            at_target_size=world.manifests >= TARGET,
            cause="Reading YAML is the largest part, then the rules.",
        )


def _seconds_each(bench: Bench) -> float:
    """One document's share, without the time to start; one run a kind, with the kind's schema."""
    checker = tool("check-jsonschema")
    start = bench.runner.median([checker, "--version"], bench.sizes.repetitions).seconds
    folder = bench.folder / "compared"
    documents, seconds = 0, 0.0
    texts = worlds.manifests(bench.sizes.compared_documents // 10)
    for kind, schema in _SCHEMAS.items():
        chosen = {path: text for path, text in texts.items() if path.startswith(f"{kind}/")}
        files = [_written(folder / path, text) for path, text in chosen.items()]
        schema_file = str(TOP / "schemas" / f"{schema}.schema.json")
        run = bench.runner.run([checker, "--schemafile", schema_file, *files])
        seconds += max(0.0, run.seconds - start)
        documents += len(files)
    return seconds / documents


def _written(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)
