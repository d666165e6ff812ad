"""Reconcilers killed with kill -9, and the pass after them."""

from collections.abc import Callable
from random import Random

from chaos import killing
from chaos.arena import Arena


def test_a_season_killed_at_random_writes_ends_like_one_that_was_not(
    new_arena: Callable[..., Arena], new_url: Callable[[], str]
) -> None:
    assert killing.at_writes(new_arena(120, batch=25), new_url, Random(20261122), kills=1) > 3
