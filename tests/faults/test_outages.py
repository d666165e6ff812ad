"""A server that is restarted, slow, silent or out of space, and a connection that breaks."""

from collections.abc import Callable
from random import Random

import pytest

from chaos import outages, storage
from chaos.arena import Arena
from chaos.server import Server

NewUrl = Callable[[], str]


@pytest.fixture
def new_url(own_server: Server) -> NewUrl:
    return lambda: own_server.url(own_server.new_database())


def test_a_server_restarted_in_the_middle_of_a_pass_loses_nothing(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    arena = new_arena(90, batch=20)
    assert outages.restarted(arena, new_url, Random(1), own_server, steps=2) >= 1


def test_a_connection_that_breaks_at_any_answer_loses_nothing(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    assert outages.cut_off(new_arena(90, batch=20), new_url, Random(2), own_server, steps=2) >= 1


def test_a_slow_server_only_takes_longer(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    assert outages.slow(new_arena(90, batch=20), new_url, Random(3), own_server, steps=1) > 50


def test_a_pass_whose_server_falls_silent_is_replaced_and_does_no_harm(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    assert outages.silent(new_arena(90, batch=20), new_url, Random(4), own_server, steps=2) >= 1


def test_a_lock_of_another_session_is_waited_for(
    new_arena: Callable[..., Arena], new_url: NewUrl, own_server: Server
) -> None:
    arena = new_arena(90, batch=20)
    assert storage.locked_tables(arena, new_url, Random(5), own_server, steps=2) >= 1


def test_a_full_disk_under_the_tables_ends_a_pass_that_the_next_finishes(
    new_arena: Callable[..., Arena], own_server: Server
) -> None:
    try:
        with storage.small_disk(40) as disk:
            own_server.sql(f"CREATE TABLESPACE small LOCATION '{disk}'")
            names: list[str] = []

            def new_url() -> str:
                names.append(own_server.new_database(tablespace="small"))
                return own_server.url(names[-1])

            arena = new_arena(2_000, batch=400, url=new_url())
            assert storage.full_disk(arena, new_url, Random(6), disk, steps=2) >= 1
            for name in names:
                own_server.sql(f"DROP DATABASE {name} WITH (FORCE)")
            own_server.sql("DROP TABLESPACE small")
    except PermissionError as error:
        pytest.skip(str(error))
