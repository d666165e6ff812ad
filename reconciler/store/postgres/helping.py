"""A server and what the pass that is going on offers -> rows moved for it, until asked to stop."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event

from reconciler.errors import StoreError
from reconciler.ports import WorkLog
from reconciler.store.connection import Connection
from reconciler.store.fan_out import FanOut, walks
from reconciler.store.postgres import schema, sharing
from reconciler.store.postgres.connection import PostgresWriter, connected
from reconciler.store.postgres.lease import lease_seconds
from reconciler.store.postgres.sharing import Offer
from reconciler.store.postgres.url import Address

_POLL_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
# How long a batch may be stopped, so that a leader that waits for it keeps its own lease.
_OF_A_LEASE = 0.5
# Numbers of processes lie close together; their multiples of this, modulo 1, far apart.
_GOLDEN = 0.6180339887498949


class _Over(Exception):
    """What was offered is so no more."""


class Helper:
    """Implements fan_out.Hands for a worker: each transaction holds what is offered, or ends."""

    def __init__(self, writer: PostgresWriter, offer: Offer) -> None:
        self._writer = writer
        self._offer = offer

    @property
    def connection(self) -> Connection:
        """For looking up what is left."""
        return self._writer.connection

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One that ends, with nothing written, when the fan-out is not offered any more."""
        with self._writer.transaction() as connection:
            if not sharing.held(connection, self._offer):
                raise _Over
            yield connection

    def note(self, connection: Connection, moved: Mapping[int, int]) -> None:
        """For the leader, who counts all rows of a pass."""
        sharing.count(connection, moved)


def help_passes(address: Address, batch: int, stop: Event, log: WorkLog) -> None:
    """Helps whatever pass goes on, until `stop` is set; then ends after the batch that it is in.

    Raises StoreError when the store can't be used at the beginning. Later, trouble is told once
    and tried again.
    """
    seconds = lease_seconds() * _OF_A_LEASE
    begun, told, pause = False, "", _POLL_SECONDS
    while not stop.is_set():
        try:
            with connected(address) as connection:
                schema.check_version(connection, address.shown)
                begun = True
                writer = PostgresWriter(address, connection, stopped_seconds=seconds)
                for _ in _rounds(writer, batch, stop, log):
                    if told:
                        log.recovered()
                    told, pause = "", _POLL_SECONDS
        except StoreError as error:
            if not begun:
                raise
            if error.message != told:
                log.trouble(error)
            told = error.message
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _rounds(writer: PostgresWriter, batch: int, stop: Event, log: WorkLog) -> Iterator[None]:
    """On one connection: looks for work every second, and once at each fan-out that is offered."""
    done = -1
    while not stop.is_set():
        offer = sharing.offered(writer.connection)
        if offer is not None and offer.number != done:
            _work(writer, offer, batch, stop, log)
            done = offer.number
            yield
        else:
            yield
            stop.wait(_POLL_SECONDS)


def _work(writer: PostgresWriter, offer: Offer, batch: int, stop: Event, log: WorkLog) -> None:
    """All that is left of one offer and that nobody else has in hand."""
    works = sharing.works(writer.connection, offer)
    place = os.getpid() * _GOLDEN % 1
    first = int(place * len(works))
    log.begins()
    moved = Counter[str]()
    fan_out = FanOut(
        Helper(writer, offer),
        walks(writer.connection, (*works[first:], *works[:first]), place),
        batch=batch,
        wait=False,
    )
    try:
        while not stop.is_set() and (claims := fan_out.claims()):
            moved += fan_out.move(claims)
    except _Over:
        pass
    finally:
        releases = {work.pack: work.release for work in works}
        log.helped([(pack, releases[pack], rows) for pack, rows in sorted(moved.items()) if rows])
