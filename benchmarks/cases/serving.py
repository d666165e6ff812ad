"""Accounts that read and write over HTTP, while a release goes to all attachments beside them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from benchmarks import editions
from benchmarks.bench import Bench, Stored, World
from benchmarks.load import Client, Order, Told
from benchmarks.measure import TOP, CommandFailed, Criterion, Measurement, Run, reconciler

TARGET = 1_000_000
READERS, WRITERS = 50, 5
_WARMING_SECONDS, _LOADED_SECONDS = 2.0, 8.0
_LONGEST_SECONDS = 1_800.0
_CAUSE = (
    "The server, the database, the reconciler and the accounts that ask share the machine's cores."
)


def measure(bench: Bench) -> Iterator[Measurement]:
    """On the database that several processes write to, at the largest size alone."""
    attachments = bench.sizes.attachments[-1]
    texts = editions.first_release(attachments)
    world = World(bench.folder / f"serving-{attachments}", bench.runner, texts)
    stored = world.stored(bench.databases[-1])
    stored.apply()
    stored.fill("fill-editions")
    with _serving(stored) as address:
        clients = _clients(stored, editions.accounts(attachments))
        _loaded(Order(address=address, clients=clients, seconds=_WARMING_SECONDS))
        idle = _loaded(Order(address=address, clients=clients, seconds=_LOADED_SECONDS))
        most = (len(idle.reads) + len(idle.writes)) / idle.seconds
        half = Order(address=address, clients=clients, seconds=_LOADED_SECONDS, rate=most / 2)
        calm = _loaded(half)
        world.commit(editions.released("1.1.0"))
        busy, run = _during_a_pass(stored, half)
    world.remove()
    yield _measured(bench, attachments, most, (idle, calm, busy), run)


def _measured(
    bench: Bench, attachments: int, most: float, told: tuple[Told, Told, Told], run: Run
) -> Measurement:
    _, calm, busy = told
    errors = [error for one in told for error in one.errors]
    return Measurement(
        case="reads and writes over HTTP during a release",
        store=bench.databases[-1].name,
        size={
            "attachments": attachments,
            "readers": READERS,
            "writers": WRITERS,
            "requests a second": round(most / 2),
        },
        seconds=run.seconds,
        peak_mb=run.peak_mb,
        baseline="99 % of reads at this rate without a release, within",
        baseline_seconds=_p99(calm.reads) / 1000,
        criteria=(
            Criterion(what="× p99 of reads", value=_p99(busy.reads) / _p99(calm.reads), target=3.0),
            Criterion(what="errors", value=len(errors), target=0),
        ),
        at_target_size=attachments >= TARGET,
        cause="; ".join(errors[:3]) or _CAUSE,
    )


def _p99(taken: list[float]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)]


def _clients(stored: Stored, accounts: int) -> tuple[Client, ...]:
    """Each is an account of its own, spread over all of them."""
    step = max(1, accounts // (READERS + WRITERS))
    return tuple(
        _client(stored, f"account-{number * step % accounts:05}", writes=number >= READERS)
        for number in range(READERS + WRITERS)
    )


def _client(stored: Stored, account: str, *, writes: bool) -> Client:
    making = reconciler(
        "token", "create", "bench", "--role", "account", "--account", account, "--store", stored.url
    )
    token = stored.world.runner.run(making).out.strip()
    home = f"/api/v1/accounts/{account}"
    one = f"{home}/attachments/{editions.PACK}:shop-07"
    paths = (one,) if writes else (home, f"{home}/attachments?limit=20", one, f"{home}/packs")
    return Client(token=token, paths=paths, writes=writes)


@contextmanager
def _serving(stored: Stored) -> Iterator[str]:
    """A server's address, for the block."""
    argv = reconciler("serve", "--port", "0", "--rate-limit", "0", "--store", stored.url)
    with subprocess.Popen(argv, cwd=TOP, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            for line in server.stderr:
                if line.startswith("serving on "):
                    yield line.split()[2]
                    break
            else:
                raise CommandFailed("the server did not start")
        finally:
            server.terminate()


def _loaded(order: Order) -> Told:
    with _loading(order) as loading:
        return _told(loading)


def _during_a_pass(stored: Stored, order: Order) -> tuple[Told, Run]:
    """The load for as long as the pass takes, and what that took."""
    with _loading(replace(order, seconds=_LONGEST_SECONDS)) as loading:
        run = stored.apply()
        loading.terminate()
        return _told(loading), run


@contextmanager
def _loading(order: Order) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(
        argv, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as loading:
        assert loading.stdin is not None
        loading.stdin.write(json.dumps(asdict(order)))
        loading.stdin.close()
        yield loading


def _told(loading: subprocess.Popen[str]) -> Told:
    assert loading.stdout is not None
    return Told(**json.load(loading.stdout))
