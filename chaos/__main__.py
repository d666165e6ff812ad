"""`python -m chaos`: scenarios at random, for minutes -> a table of what was done and found."""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random, SystemRandom

from chaos.arena import Arena, Fault
from chaos.publisher import Publisher
from chaos.scenarios import FILE, SCENARIOS, Scenario, Setting
from chaos.server import Server
from chaos.storage import small_disk

_DISK_MEGABYTES = 200
_FEWEST_ACCOUNTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One scenario played: how often it struck, and what the product did wrong, if it did."""

    scenario: Scenario
    blows: int
    seconds: float
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What all rounds share."""

    folder: Path
    server: Server
    disk: Path | None


def main(arguments: Sequence[str]) -> int:
    """Plays until the time is over; 1 when something was found."""
    options = _options(arguments)
    found = [s for s in SCENARIOS if options.only.lower() in f"{s.name} {s.database}".lower()]
    if not found:
        print(f"no scenario is called {options.only!r}", file=sys.stderr)
        return 64
    print(f"seed {options.seed}; the same again: make chaos SEED={options.seed}", flush=True)
    played: list[Round] = []
    deadline = time.monotonic() + 60 * options.minutes
    with _grounds() as grounds:
        order = Random(options.seed).sample(found, len(found))
        for number in count():
            if number and time.monotonic() > deadline:
                break
            scenario = order[number % len(order)]
            played.append(_round(scenario, grounds, options, number))
    print("\n" + table(played))
    return int(any(one.fault for one in played))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats a run")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--accounts", type=int, default=None, help="of each round, not at random")
    parser.add_argument("--only", default="", help="scenarios whose name or database has this")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = SystemRandom().randrange(1_000_000)
    return options


@contextlib.contextmanager
def _grounds() -> Iterator[Grounds]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        folder.chmod(0o755)
        server = Server.started(folder / "server")
        stack.callback(server.stop)
        disk = None
        with contextlib.suppress(PermissionError):
            disk = stack.enter_context(small_disk(_DISK_MEGABYTES))
            server.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
        yield Grounds(folder=folder, server=server, disk=disk)


def _round(scenario: Scenario, grounds: Grounds, options: argparse.Namespace, number: int) -> Round:
    rng = Random(f"{options.seed}/{scenario.name}/{scenario.database}/{number}")
    accounts = options.accounts or rng.randint(_FEWEST_ACCOUNTS, scenario.most_accounts)
    fewest = max(10, accounts // scenario.batches)
    batch = rng.randint(fewest, max(fewest, 10 * accounts // scenario.batches))
    print(
        f"{number + 1:4}  {scenario.name}, {scenario.database}: {accounts} accounts,"
        f" batches of {batch} … ",
        end="",
        flush=True,
    )
    started, blows, fault = time.monotonic(), 0, None
    folder = grounds.folder / f"round-{number}"
    folder.mkdir()
    with _databases(scenario, grounds, folder) as new_url:
        publisher = Publisher(folder=folder / "repository", accounts=accounts)
        arena = Arena(publisher=publisher, store_url=next(new_url), folder=folder, batch=batch)
        setting = Setting(
            arena=arena,
            new_url=lambda: next(new_url),
            rng=rng,
            server=grounds.server,
            disk=grounds.disk,
        )
        try:
            blows = scenario.play(setting)
        except Fault as error:
            fault = str(error)
        finally:
            arena.close()
    seconds = time.monotonic() - started
    print(f"FOUND: {fault}" if fault else f"well, {blows} in {seconds:.0f} s", flush=True)
    return Round(scenario=scenario, blows=blows, seconds=seconds, fault=fault)


@contextlib.contextmanager
def _databases(scenario: Scenario, grounds: Grounds, folder: Path) -> Iterator[Iterator[str]]:
    """Stores that are not there yet, one after the other; they go with the round."""
    names: list[str] = []

    def urls() -> Iterator[str]:
        space = "small" if scenario.name == "disk full" and grounds.disk else "pg_default"
        for number in count():
            if scenario.database == FILE:
                place = folder / f"store-{number}"
                place.mkdir()
                yield f"sqlite:///{place / 'install-base.db'}"
            else:
                names.append(grounds.server.new_database(tablespace=space))
                yield grounds.server.url(names[-1])

    yield urls()
    for name in names:
        grounds.server.sql(f"DROP DATABASE {name} WITH (FORCE)")


def table(played: Sequence[Round]) -> str:
    """A line for each scenario on each database, and then what was found."""
    rows = [("scenario", "database", "rounds", "struck", "found", "seconds")]
    for scenario in SCENARIOS:
        own = [one for one in played if one.scenario == scenario]
        if own:
            rows.append(
                (
                    scenario.name,
                    scenario.database,
                    str(len(own)),
                    str(sum(one.blows for one in own)),
                    str(sum(one.fault is not None for one in own)),
                    f"{sum(one.seconds for one in own):.0f}",
                )
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    found = [f"{one.scenario.name}, {one.scenario.database}: {one.fault}" for one in played]
    return "\n".join([*lines, *(f for f, one in zip(found, played, strict=True) if one.fault)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
