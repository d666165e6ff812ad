"""Counts that take long: who waits for them, and who gets the ones before."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from reconciler.web.counting import Remembered

_LONG = 60.0
"""Nobody waits for so long: what is waited for comes."""


class Counter:
    """Counts 1, 2, 3, each when it is let."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self) -> int:
        number = next(self._numbers)
        self.begun.release()
        assert self.may_end.acquire(timeout=_LONG)
        return number


@pytest.fixture
def counter() -> Iterator[Counter]:
    made = Counter()
    yield made
    made.may_end.release(100)


@pytest.fixture
def asking() -> Iterator[Callable[[Remembered[int]], Callable[[], int]]]:
    """Asks from another thread."""
    with ThreadPoolExecutor(8) as pool:
        yield lambda remembered: (lambda asked: lambda: asked.result(_LONG))(
            pool.submit(remembered.get)
        )


def test_all_who_ask_first_wait_for_one_count(
    counter: Counter, asking: Callable[[Remembered[int]], Callable[[], int]]
) -> None:
    remembered = Remembered(counter)
    answers = [asking(remembered) for _ in range(5)]
    assert counter.begun.acquire(timeout=_LONG)
    counter.may_end.release()
    assert [answer() for answer in answers] == [1] * 5
    assert not counter.begun.acquire(blocking=False)


@pytest.mark.parametrize("oldest_seconds", [_LONG, 0.0])
def test_who_asks_after_a_pause_gets_the_old_count_while_one_thread_counts_anew(
    counter: Counter, oldest_seconds: float
) -> None:
    remembered = Remembered(
        counter, fresh_seconds=0.0, oldest_seconds=oldest_seconds, patience_seconds=0.0
    )
    counter.may_end.release()
    assert remembered.get() == 1
    assert [remembered.get() for _ in range(5)] == [1] * 5
    assert counter.begun.acquire(timeout=_LONG)
    assert counter.begun.acquire(timeout=_LONG)
    assert not counter.begun.acquire(blocking=False), "counted by several at once"


def test_who_asks_after_a_pause_gets_a_new_count_that_comes_soon(counter: Counter) -> None:
    remembered = Remembered(counter, fresh_seconds=0.0, oldest_seconds=0.0, patience_seconds=_LONG)
    counter.may_end.release(2)
    assert [remembered.get(), remembered.get()] == [1, 2]


def test_a_count_that_fails_is_told_to_who_waits_for_it_and_begun_again() -> None:
    told: Iterator[int | Exception] = iter([ValueError("the store is away"), 7])

    def make() -> int:
        found = next(told)
        if isinstance(found, Exception):
            raise found
        return found

    remembered = Remembered(make)
    with pytest.raises(ValueError, match="the store is away"):
        remembered.get()
    assert remembered.get() == 7
