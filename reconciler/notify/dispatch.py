"""An outbox -> notifications sent, by as many processes at once as there are.

What is sent is claimed first, for so long; no transaction is open meanwhile. A process that dies
leaves claims that run out. One that dies after a receiver took a message, before that was written,
leaves one that is sent again under the same id.
"""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic

from reconciler.desired.notices import settled
from reconciler.desired.reminders import WINDOW_LEADS
from reconciler.errors import ReconcilerError
from reconciler.model.notices import Answer, Answered, Claim, Settled
from reconciler.notify.post import Post, Ways, opened
from reconciler.ports import Clock
from reconciler.ports.outbox import Outbox, PostLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much at once, and how often.

    `claim_seconds`: how long a claim lasts; `serve_seconds`: after how long a channel's claims that
    were not tried yet are given back, well before they run out. `look_seconds` and `sweep_seconds`:
    between two looks for work, and for what comes near.
    """

    batch: int = 100
    channels: int = 64
    claim_seconds: float = 120.0
    serve_seconds: float = 60.0
    look_seconds: float = 1.0
    sweep_seconds: float = 60.0
    trouble_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """What sending needs. `leads`: how long before a window accounts are reminded of it."""

    outbox: Outbox
    clock: Clock
    log: PostLog
    ways: Ways = field(default_factory=Ways)
    leads: Sequence[timedelta] = WINDOW_LEADS
    pace: Pace = field(default_factory=Pace)


def run(dispatcher: Dispatcher, stop: threading.Event) -> None:
    """Sends until `stop` is set, and then ends what is under way. For a thread of its own.

    Trouble with the store is told and tried again.
    """
    asyncio.run(_run(dispatcher, stop))


@contextmanager
def in_background(dispatcher: Dispatcher) -> Iterator[None]:
    """Sends from a thread while the block runs; what is under way at its end is ended first."""
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(dispatcher, stop), name="notifications")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run_once(dispatcher: Dispatcher) -> None:
    """Sends what is due, each once, and returns. Raises StoreError."""
    asyncio.run(_run_once(dispatcher))


async def _run(dispatcher: Dispatcher, stop: threading.Event) -> None:
    async with opened(dispatcher.ways) as post:
        rounds, troubled = _Rounds(dispatcher, post, stop), ""
        while not stop.is_set():
            pause = 0.0
            try:
                if not await rounds.step() and not rounds.serving:
                    pause = dispatcher.pace.look_seconds
                if troubled:
                    dispatcher.log.recovered()
                troubled = ""
            except Exception as error:  # whatever it is: nobody else would begin again
                said = _trouble(error)
                if said.message != troubled:
                    dispatcher.log.trouble(said)
                troubled, pause = said.message, dispatcher.pace.trouble_seconds
            if pause:
                await asyncio.to_thread(stop.wait, pause)
        await rounds.end()


def _trouble(error: Exception) -> ReconcilerError:
    if isinstance(error, ReconcilerError):
        return error
    return ReconcilerError(f"a defect of this program: {type(error).__name__}: {error}")


async def _run_once(dispatcher: Dispatcher) -> None:
    async with opened(dispatcher.ways) as post:
        rounds = _Rounds(dispatcher, post, threading.Event())
        try:
            while await rounds.step() or rounds.serving:
                pass
        finally:
            await rounds.end()


class _Rounds:
    """One sender: what it claimed, sends, and has to write."""

    def __init__(self, dispatcher: Dispatcher, post: Post, stop: threading.Event) -> None:
        self._with, self._post, self._stop = dispatcher, post, stop
        self._serving: dict[int, asyncio.Task[None]] = {}
        self._ends: list[Settled] = []
        self._swept_at: float | None = None

    @property
    def serving(self) -> bool:
        """Whether something is being sent, or has to be written."""
        return bool(self._serving or self._ends)

    async def step(self) -> bool:
        """Looks once, begins what is due, and writes what ended; whether there was work."""
        outbox, now = self._with.outbox, self._with.clock.now()
        await self._sweep(now)
        waiting = await asyncio.to_thread(outbox.waiting, now)
        if waiting.events:
            await asyncio.to_thread(outbox.expand, now)
        work = waiting.events or waiting.due
        began = False
        if work and len(self._serving) < self._with.pace.channels:
            began = await self._begin(now)
        if self._serving:
            # What is due and was not claimed is of channels that are served, or another's.
            await asyncio.wait(
                self._serving.values(),
                timeout=0.05 if began else 0.5,
                return_when=asyncio.FIRST_COMPLETED,
            )
        await self._write()
        return work

    async def end(self) -> None:
        """Lets what is being sent end, and writes it."""
        if self._serving:
            await asyncio.wait(self._serving.values())
        await self._write()

    async def _sweep(self, now: datetime) -> None:
        pace = self._with.pace
        if self._swept_at is not None and monotonic() - self._swept_at < pace.sweep_seconds:
            return
        await asyncio.to_thread(self._with.outbox.remind, now, self._with.leads)
        await asyncio.to_thread(self._with.outbox.forget, now)
        self._swept_at = monotonic()

    async def _begin(self, now: datetime) -> bool:
        """Claims, and begins to serve each channel; whether there was anything to claim."""
        pace = self._with.pace
        until = now + timedelta(seconds=pace.claim_seconds)
        busy = frozenset(self._serving)
        claims = await asyncio.to_thread(self._with.outbox.claim, now, until, pace.batch, busy)
        by_channel = groupby(
            sorted(claims, key=lambda one: one.channel.id), key=lambda one: one.channel.id
        )
        for channel, some in by_channel:
            self._serving[channel] = asyncio.create_task(self._serve(tuple(some)))
        return bool(claims)

    async def _serve(self, claims: Sequence[Claim]) -> None:
        """One after the other, until the receiver can't take any more."""
        began, left = monotonic(), list(claims)
        while left:
            if self._stop.is_set() or monotonic() - began > self._with.pace.serve_seconds:
                self._give_back(left, Answer(answered=Answered.UNTRIED))
                return
            claim = left.pop(0)
            answer = await self._attempt(claim)
            end = self._ended(claim, answer)
            if answer.answered is Answered.GONE:
                return
            if answer.answered is Answered.BUSY:
                now = self._with.clock.now()
                wait = (end.due_at - now).total_seconds() if end.due_at else answer.wait_seconds
                untried = Answer(
                    answered=Answered.UNTRIED, error=answer.error, wait_seconds=max(wait, 1.0)
                )
                self._give_back(left, untried)
                return

    async def _attempt(self, claim: Claim) -> Answer:
        """A notice that can't be put into words must not keep the others back."""
        try:
            return await self._post.send(claim.channel, claim.notice, self._with.clock.now())
        except Exception as error:
            return Answer(answered=Answered.LATER, error=f"a defect: {type(error).__name__}")

    def _ended(self, claim: Claim, answer: Answer) -> Settled:
        end = settled(claim, answer, self._with.clock.now())
        self._ends.append(end)
        self._with.log.answered(claim, answer, end)
        return end

    def _give_back(self, claims: Sequence[Claim], answer: Answer) -> None:
        now = self._with.clock.now()
        self._ends += [settled(claim, answer, now) for claim in claims]

    async def _write(self) -> None:
        for channel, task in list(self._serving.items()):
            if task.done():
                del self._serving[channel]
                task.result()
        ends, self._ends = self._ends, []
        if not ends:
            return
        try:
            await asyncio.to_thread(self._with.outbox.settle, ends, self._with.clock.now())
        except BaseException:
            self._ends = ends + self._ends
            raise
