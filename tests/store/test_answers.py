"""The first answer to a request with an Idempotency-Key is given again, and by one alone."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from reconciler.ports import Store
from reconciler.ports.access import Answer, Answering, Answers, Unanswered
from reconciler.store import access_of, answers_of

_ANSWER = Answer(status=201, headers={"Location": "/x"}, body='{"é": "::error::"}')


@pytest.fixture
def kept(store: Store) -> Answers:
    return answers_of(store)


def _begin(kept: Answers, world: Any, request: str = "r", principal: str = "token 1") -> Any:
    return kept.begin(principal, "key-1", request, world.clock.at)


def test_the_same_request_gets_the_first_answer_again(kept: Answers, world: Any) -> None:
    answering = _begin(kept, world)
    assert isinstance(answering, Answering)
    kept.keep(answering, _ANSWER)
    world.later(hours=23)
    assert _begin(kept, world) == _ANSWER


def test_another_request_with_the_key_is_told_so(kept: Answers, world: Any) -> None:
    answering = _begin(kept, world)
    assert _begin(kept, world, "other") is Unanswered.OTHER_REQUEST
    kept.keep(answering, _ANSWER)
    assert _begin(kept, world, "other") is Unanswered.OTHER_REQUEST


def test_keys_of_one_principal_are_nothing_to_another(kept: Answers, world: Any) -> None:
    kept.keep(_begin(kept, world), _ANSWER)
    assert isinstance(_begin(kept, world, principal="token 2"), Answering)


def test_while_it_is_answered_nobody_else_answers_until_a_minute_is_over(
    kept: Answers, world: Any
) -> None:
    first = _begin(kept, world)
    world.later(seconds=59)
    assert _begin(kept, world) is Unanswered.BEING_ANSWERED
    world.later(seconds=1)
    second = _begin(kept, world)
    assert isinstance(second, Answering)
    assert _begin(kept, world) is Unanswered.BEING_ANSWERED
    kept.keep(first, Answer(status=500, headers={}, body="late"))
    kept.forget(first)
    assert _begin(kept, world) is Unanswered.BEING_ANSWERED
    kept.keep(second, _ANSWER)
    assert _begin(kept, world) == _ANSWER


def test_what_was_not_done_may_be_tried_again_at_once(kept: Answers, world: Any) -> None:
    kept.forget(_begin(kept, world))
    assert isinstance(_begin(kept, world, "other"), Answering)


def test_a_kept_answer_is_not_forgotten(kept: Answers, world: Any) -> None:
    answering = _begin(kept, world)
    kept.keep(answering, _ANSWER)
    kept.forget(answering)
    assert _begin(kept, world) == _ANSWER


def test_an_answer_with_a_secret_is_kept_without_it(kept: Answers, world: Any) -> None:
    secret = Answer(status=201, headers={}, body=None)
    kept.keep(_begin(kept, world), secret)
    assert _begin(kept, world) == secret


def test_after_a_day_the_key_is_as_new_and_swept(store: Store, kept: Answers, world: Any) -> None:
    kept.keep(_begin(kept, world), _ANSWER)
    world.later(hours=24)
    assert isinstance(_begin(kept, world, "other"), Answering)
    world.later(hours=24)
    assert access_of(store).sweep(world.clock.at - timedelta(microseconds=1)) == 0
    assert access_of(store).sweep(world.clock.at) == 1


def test_of_many_who_come_at_once_one_answers(kept: Answers, world: Any) -> None:
    together, found = Barrier(6), list[Any]()

    def come() -> None:
        together.wait()
        found.append(_begin(kept, world))

    threads = [Thread(target=come) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Answering) for one in found) == 1
    assert found.count(Unanswered.BEING_ANSWERED) == 5
