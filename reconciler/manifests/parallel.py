"""Contents of many files -> what is made of each, on every processor, in the same order."""

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Generic, TypeVar

from reconciler.manifests.documents import read_file
from reconciler.manifests.readings import to_json
from reconciler.ports import ManifestFile

MIN_FILES = 5_000  # below it, starting processes takes longer than it saves
BATCH_BYTES = 256 << 10
BATCHES_AHEAD = 4  # for each process

Contents = Iterator[tuple[ManifestFile, bytes]]
T = TypeVar("T")
Work = Callable[[list[bytes]], list[T]]


@dataclass(slots=True, kw_only=True)
class _Batch(Generic[T]):
    contents: list[bytes]
    results: Future[list[T]]


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
    """The reading of each file as a line of JSON (readings.to_json), in the order of `contents`."""
    return mapped((content for _, content in contents), _read)


def mapped(contents: Iterator[bytes], work: Work[T]) -> Generator[T, None, None]:
    """What `work`, a function of a module, makes of each content, in order.

    A process that dies costs nothing but time: its files are worked on here.
    """
    workers = _processors()
    context = get_context("fork")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start) as pool:
        # All processes start now, before `contents` opens pipes that they would keep open.
        pool.submit(work, []).result()
        waiting: deque[_Batch[T]] = deque()
        for batch in _batches(contents):
            waiting.append(_Batch(contents=batch, results=_submitted(pool, work, batch)))
            if len(waiting) > workers * BATCHES_AHEAD:
                yield from _finished(waiting.popleft(), work)
        while waiting:
            yield from _finished(waiting.popleft(), work)


def _start() -> None:
    """An interruption is the parent's to answer; a process ends when the parent says so or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.disable()


def _read(contents: list[bytes]) -> list[str]:
    return [to_json(read_file(content)) for content in contents]


def _submitted(pool: ProcessPoolExecutor, work: Work[T], batch: list[bytes]) -> Future[list[T]]:
    try:
        return pool.submit(work, batch)
    except BrokenProcessPool as error:
        failed: Future[list[T]] = Future()
        failed.set_exception(error)
        return failed


def _finished(batch: _Batch[T], work: Work[T]) -> list[T]:
    try:
        return batch.results.result()
    except BrokenProcessPool:
        return work(batch.contents)


def _batches(contents: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for content in contents:
        batch.append(content)
        size += len(content)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
