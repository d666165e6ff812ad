"""Workers beside the leader of a pass, killed, stopped, and given a row that can't be moved."""

from collections.abc import Callable
from random import Random

import pytest

from chaos import working
from chaos.arena import Arena
from chaos.server import Server

NewUrl = Callable[[], str]


@pytest.fixture
def new_url(own_server: Server) -> NewUrl:
    return lambda: own_server.url(own_server.new_database())


def test_a_release_during_which_leader_and_workers_are_killed_25_times_reaches_everybody_once(
    new_arena: Callable[..., Arena], new_url: NewUrl
) -> None:
    assert working.killed(new_arena(5_000, batch=20), new_url, Random(13), kills=25) == 25


def test_a_worker_that_is_stopped_in_a_batch_keeps_nobody_and_does_no_harm(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    assert working.paused(new_arena(2_000, batch=20), new_url, Random(14), own_server) == 1


def test_an_account_that_can_not_be_moved_is_set_aside_and_all_others_are_moved(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    assert working.poisoned(new_arena(600, batch=50), new_url, Random(15), own_server) == 1
