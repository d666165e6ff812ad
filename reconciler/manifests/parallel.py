"""Contents of many files -> their readings, on every processor that there is, in the same order."""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context

from reconciler.manifests.documents import read_file
from reconciler.manifests.readings import to_json
from reconciler.ports import ManifestFile

MIN_FILES = 5_000  # below it, starting processes takes longer than it saves
BATCH_BYTES = 256 << 10
BATCHES_AHEAD = 4  # for each process

Contents = Iterator[tuple[ManifestFile, bytes]]


@dataclass(slots=True, kw_only=True)
class _Batch:
    contents: list[bytes]
    lines: Future[list[str]]


def worthwhile(files: int) -> bool:
    """Whether so many files are read sooner by several processes.

    Never beside other threads: a forked process must not copy a lock that one of them holds.
    """
    return (
        files >= MIN_FILES
        and sys.platform == "linux"
        and _processors() > 1
        and threading.active_count() == 1
    )


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def lines(contents: Contents) -> Generator[str, None, None]:
    """The reading of each file as a line of JSON (readings.to_json), in the order of `contents`.

    A process that dies costs nothing but time: its files are read here.
    """
    workers = _processors()
    context = get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start) as pool:
        # All processes start now, before `contents` opens pipes that they would keep open.
        pool.submit(_read, []).result()
        waiting: deque[_Batch] = deque()
        for batch in _batches(contents):
            waiting.append(_Batch(contents=batch, lines=_submitted(pool, batch)))
            if len(waiting) > workers * BATCHES_AHEAD:
                yield from _finished(waiting.popleft())
        while waiting:
            yield from _finished(waiting.popleft())


def _start() -> None:
    """An interruption is the parent's to answer; a process ends when the parent says so or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()


def _read(contents: list[bytes]) -> list[str]:
    return [to_json(read_file(content)) for content in contents]


def _submitted(pool: ProcessPoolExecutor, batch: list[bytes]) -> Future[list[str]]:
    try:
        return pool.submit(_read, batch)
    except BrokenProcessPool as error:
        failed: Future[list[str]] = Future()
        failed.set_exception(error)
        return failed


def _finished(batch: _Batch) -> list[str]:
    try:
        return batch.lines.result()
    except BrokenProcessPool:
        return _read(batch.contents)


def _batches(contents: Contents) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for _, content in contents:
        batch.append(content)
        size += len(content)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
