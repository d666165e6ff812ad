"""Two `reconciler run` on one store."""

from collections.abc import Callable
from random import Random

import pytest

from chaos import looping, month
from chaos.arena import Arena
from chaos.server import Server


def test_two_loops_on_one_store_tell_a_month_as_one_alone_does(
    new_arena: Callable[..., Arena], new_url: Callable[[], str]
) -> None:
    assert month.two_as_one(new_arena(12, batch=10_000), new_url, Random(10)) > 300


def test_two_real_loops_of_which_one_is_killed_now_and_then_do_the_work_once(
    new_arena: Callable[..., Arena], new_url: Callable[[], str]
) -> None:
    rng, arena = Random(11), new_arena(300, batch=20)
    assert looping.season(arena, new_url, rng, looping.killing(rng), steps=2) == 2


@pytest.mark.parametrize("database", ["postgresql"])
def test_two_real_loops_live_through_a_restart_of_their_server(
    new_arena: Callable[..., Arena], own_server: Server
) -> None:
    def new_url() -> str:
        return own_server.url(own_server.new_database())

    rng, arena = Random(12), new_arena(300, batch=20, url=new_url())
    blow = looping.restarting(own_server, rng)
    assert looping.season(arena, new_url, rng, blow, steps=1) == 1
