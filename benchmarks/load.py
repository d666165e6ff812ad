"""Accounts that ask a server, as fast as it answers or at a fixed rate -> what they waited.

Run as `python -m benchmarks.load`, a process of its own: the order on standard input, as JSON; the
result on standard output, after so many seconds or SIGTERM. At a fixed rate a request's time runs
from when it was meant to be sent, so that a server that stands still is charged for those behind.
"""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import count, cycle
from typing import Any

import aiohttp

_LIMIT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One of many at the same time, on a connection of its own; it asks its paths in turn.

    `writes`: it sets a value there instead of reading.
    """

    token: str
    paths: tuple[str, ...]
    writes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`rate` None: each asks again as soon as it was answered; else requests a second of all."""

    address: str
    clients: tuple[Client, ...]
    seconds: float
    rate: float | None = None


@dataclass(slots=True, kw_only=True)
class Told:
    """Milliseconds of each request, and what went wrong."""

    seconds: float = 0.0
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


async def load(order: Order, stop: asyncio.Event) -> Told:
    """Asks until the time is over, or `stop` is set."""
    told, started = Told(), time.perf_counter()
    async with asyncio.TaskGroup() as asking:
        tasks = [
            asking.create_task(_client(order, number, started, told))
            for number in range(len(order.clients))
        ]
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), order.seconds)
        for task in tasks:
            task.cancel()
    told.seconds = time.perf_counter() - started
    return told


async def _client(order: Order, number: int, started: float, told: Told) -> None:
    client = order.clients[number]
    connector = aiohttp.TCPConnector(limit=1)
    headers = {"Authorization": f"Bearer {client.token}"}
    async with aiohttp.ClientSession(
        order.address, headers=headers, connector=connector, timeout=_LIMIT
    ) as session:
        for meant, path in zip(_times(order, number, started), cycle(client.paths), strict=False):
            await asyncio.sleep(max(0.0, meant - time.perf_counter()))
            begun = time.perf_counter() if order.rate is None else meant
            await _ask(session, client, path, begun, told)


def _times(order: Order, number: int, started: float) -> Iterator[float]:
    """When a client is to ask; clients take turns, evenly."""
    if order.rate is None:
        yield from (started for _ in count())
    else:
        every = len(order.clients) / order.rate
        first = started + number / order.rate
        yield from (first + turn * every for turn in count())


async def _ask(
    session: aiohttp.ClientSession, client: Client, path: str, begun: float, told: Told
) -> None:
    try:
        if client.writes:
            body = {"values": {"erp": {"baseUrl": f"https://{begun}.example"}}}
            asking = session.patch(path, json=body, headers={"If-Match": "*"})
        else:
            asking = session.get(path)
        async with asking as answer:
            text = await answer.text()
            if answer.status >= 300:
                told.errors.append(f"{path}: {answer.status} {text[:200]}")
    except aiohttp.ClientError as error:
        told.errors.append(f"{path}: {error!r}")
    taken = (time.perf_counter() - begun) * 1000
    (told.writes if client.writes else told.reads).append(taken)


async def _main(order: Order) -> Told:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await load(order, stop)


def order_of(text: str) -> Order:
    """The order that was written as JSON."""
    said: dict[str, Any] = json.loads(text)
    clients = tuple(Client(**{**one, "paths": tuple(one["paths"])}) for one in said.pop("clients"))
    return Order(clients=clients, **said)


if __name__ == "__main__":
    json.dump(asdict(asyncio.run(_main(order_of(sys.stdin.read())))), sys.stdout)
