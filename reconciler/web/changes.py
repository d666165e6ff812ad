"""Who waits for an account to change -> woken when it has; one look a second serves all of them."""

import asyncio
import logging
import time
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool

from reconciler.errors import ReconcilerError
from reconciler.ports.delivery import Deliveries, Mark, Stamp

_EVERY_SECONDS = 1.0
# A look that takes long is made seldom: all the looking takes a tenth of the time at most.
_PAUSE_PER_LOOK = 9

_log = logging.getLogger(__name__)


class Changes:
    """Belongs to one event loop. Costs nothing while nobody waits.

    While nothing happens in the store a look is two rows; when something did, the accounts that are
    waited for are asked about, many at a time.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._waiting: dict[str, list[tuple[Stamp | None, asyncio.Event]]] = {}
        self._new: set[str] = set()
        self._mark: Mark | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """Whoever waits is let go: the process ends."""
        self._stopped = True
        for entries in self._waiting.values():
            for _, woken in entries:
                woken.set()

    async def wait(self, account: str, seen: Stamp | None, seconds: float) -> None:
        """Returns when the account's stamp is not `seen` any more, or after so many seconds."""
        if self._stopped:
            return
        entry = (seen, asyncio.Event())
        self._waiting.setdefault(account, []).append(entry)
        self._new.add(account)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(seconds):
                await entry[1].wait()
        except TimeoutError:
            return
        finally:
            left = self._waiting[account]
            left.remove(entry)
            if not left:
                del self._waiting[account]

    async def _look(self) -> None:
        while self._waiting:
            began = time.monotonic()
            try:
                await self._wake()
            except ReconcilerError as error:
                _log.warning("can't look for changes: %s", error.message)
            took = time.monotonic() - began
            await asyncio.sleep(max(_EVERY_SECONDS, _PAUSE_PER_LOOK * took))

    async def _wake(self) -> None:
        mark = await run_in_threadpool(self._deliveries.mark)
        same = mark == self._mark and mark.settled
        self._mark = mark
        asked, self._new = self._new if same else set(self._waiting), set()
        if asked:
            stamps: Mapping[str, Stamp] = await run_in_threadpool(self._deliveries.stamps, asked)
            for account in asked:
                for seen, woken in self._waiting.get(account, ()):
                    if stamps.get(account) != seen:
                        woken.set()
