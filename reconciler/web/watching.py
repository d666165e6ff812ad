"""One look at what goes on, again and again -> everybody who watches; none while nobody does."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.concurrency import run_in_threadpool

from reconciler.errors import ReconcilerError

_log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
# A look that takes long is made seldom, so that all the looking takes a fifth of the time at most.
_PAUSE_PER_LOOK = 4
_QUIET_SECONDS = 15.0
# Then a browser comes back by itself, and is asked again who it is.
_LONGEST_SECONDS = 300.0
MOST_WATCHERS = 500

Look = Callable[[], str]


class Watch:
    """Belongs to the event loop of one process; `look` may wait, it has a thread."""

    def __init__(self) -> None:
        self._seen: str | None = None
        self._waiting: set[asyncio.Queue[str | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    @property
    def is_full(self) -> bool:
        """Whether no more may watch."""
        return self._stopped or len(self._waiting) >= MOST_WATCHERS

    async def follow(self, look: Look) -> AsyncIterator[str | None]:
        """What was seen, whenever it is something else; None after a time in which nothing was."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1)
        self._waiting.add(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(look))
        elif self._seen is not None:
            queue.put_nowait(self._seen)
        ends = time.monotonic() + _LONGEST_SECONDS
        try:
            while not self._stopped and time.monotonic() < ends:
                seen = None
                with suppress(TimeoutError):
                    seen = await asyncio.wait_for(queue.get(), _QUIET_SECONDS)
                if not self._stopped:
                    yield seen
        finally:
            self._waiting.discard(queue)
            if not self._waiting and self._task is not None:
                self._task.cancel()
                self._task = self._seen = None

    def stop(self) -> None:
        """Whoever watches is let go: the process ends."""
        self._stopped = True
        for queue in self._waiting:
            _put(queue, None)

    async def _look(self, look: Look) -> None:
        while True:
            began = time.monotonic()
            try:
                seen = await run_in_threadpool(look)
            except ReconcilerError as error:
                _log.warning("watching: %s", error.message)
            else:
                if seen != self._seen:
                    self._seen = seen
                    for queue in self._waiting:
                        _put(queue, seen)
            took = time.monotonic() - began
            pause = max(_PAUSE_SECONDS, _PAUSE_PER_LOOK * took)
            await asyncio.sleep(min(pause, _LONGEST_PAUSE_SECONDS))


def _put(queue: asyncio.Queue[str | None], seen: str | None) -> None:
    """The newest alone counts for who was slow."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(seen)
