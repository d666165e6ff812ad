"""Files that may not grow and are locked by others, and a leader that is stopped."""

from collections.abc import Callable
from random import Random

import pytest

from chaos import pausing, storage
from chaos.arena import Arena

NewUrl = Callable[[], str]


def test_a_leader_stopped_past_its_lease_does_no_harm(
    new_arena: Callable[..., Arena], new_url: NewUrl
) -> None:
    assert pausing.paused(new_arena(90, batch=20), new_url, Random(7), steps=2) >= 1


@pytest.mark.parametrize("database", ["sqlite"])
def test_files_that_can_not_grow_end_a_pass_that_the_next_finishes(
    new_arena: Callable[..., Arena], new_url: NewUrl
) -> None:
    assert storage.limited_files(new_arena(400, batch=50), new_url, Random(8), steps=2) >= 1


@pytest.mark.parametrize("database", ["sqlite"])
def test_a_file_that_another_program_locks_now_and_then_is_waited_for(
    new_arena: Callable[..., Arena], new_url: NewUrl
) -> None:
    assert storage.locked_file(new_arena(400, batch=10), new_url, Random(9), steps=2) >= 2
