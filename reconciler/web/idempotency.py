"""A request with an Idempotency-Key -> the answer that it got the first time.

A client that lost an answer sends the request again, with the same key, and nothing is done twice.
If the process was killed while it answered, the next request is answered after a minute as if it
were the first: every action of the API comes to the same when it is repeated, so that a key spares
work and surprises, and nothing depends on it.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from reconciler.ports.access import Answer as KeptAnswer
from reconciler.ports.access import Answering, Unanswered
from reconciler.web.problems import Problem
from reconciler.web.route import Answer, Answered, Call

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
LARGEST_KEPT = 64 * 1024

_KEY = re.compile(r"[!-~]{1,200}")
# Beside the body, what makes a request another one.
_TELLING = ("content-type", "if-match")


def answered_once(call: Call, answer: Callable[[Call], Answered]) -> Answered:
    """What `answer` gives, or gave the first time. Raises Problem.

    A refusal is not kept: nothing was done, and it may be different the next time.
    """
    begun = _begun(call)
    if begun is None:
        return answer(call)
    if isinstance(begun, Answer):
        return begun
    with _forgotten_on_failure(call, begun):
        answered = answer(call)
    _end(call, begun, answered)
    return answered


async def awaited_once(call: Call, answer: Callable[[Call], Awaitable[Answered]]) -> Answered:
    """The same of an answer that goes on. Raises Problem."""
    begun = await run_in_threadpool(_begun, call)
    if begun is None:
        return await answer(call)
    if isinstance(begun, Answer):
        return begun
    with _forgotten_on_failure(call, begun):
        answered = await answer(call)
    await run_in_threadpool(_end, call, begun, answered)
    return answered


def _begun(call: Call) -> Answering | Answer | None:
    """The answer of the first time, or that there was none; None without a key. Raises Problem."""
    key = call.headers.get(HEADER)
    if key is None or call.route.safe or call.route.page or call.principal is None:
        return None
    if not _KEY.fullmatch(key):
        raise Problem(400, "idempotency-key", "a key has 1 to 200 visible characters of ASCII")
    found = call.services.answers.begin(call.principal.key, key, _digest(call), call.now)
    return found if isinstance(found, Answering) else _known(found)


def _end(call: Call, begun: Answering, answered: Answered) -> None:
    answers, kept = call.services.answers, _kept(call, answered)
    if kept is None:
        answers.forget(begun)
    else:
        answers.keep(begun, kept)


def _digest(call: Call) -> str:
    asked = call.asked
    telling = [asked.headers.get(name) for name in _TELLING]
    said = json.dumps([asked.method, asked.target, asked.query, *telling])
    return hashlib.sha256(said.encode() + b"\n" + asked.body).hexdigest()


def _known(found: KeptAnswer | Unanswered) -> Answer:
    match found:
        case Unanswered.OTHER_REQUEST:
            raise Problem(
                422,
                "idempotency-key",
                "this key was used for another request",
                "make a new key for each request, and keep it for its repetitions",
            )
        case Unanswered.BEING_ANSWERED:
            raise Problem(
                409,
                "idempotency-key",
                "the first request with this key is still being answered",
                "ask again in a moment",
                {"Retry-After": "1"},
            )
        case KeptAnswer(status=status, headers=headers, body=str(text)):
            tag = headers.get("ETag")
            others = {name: value for name, value in headers.items() if name != "ETag"}
            return Answer(
                body=json.loads(text), status=status, etag=tag, headers={**others, REPLAYED: "true"}
            )
        case _:
            raise Problem(
                409,
                "answered-once",
                "this was done; the answer held a secret, which is given once",
                "undo what was done, and ask with a new key",
            )


@contextmanager
def _forgotten_on_failure(call: Call, answering: Answering) -> Iterator[None]:
    try:
        yield
    except BaseException:
        call.services.answers.forget(answering)
        raise


def _kept(call: Call, answered: Answered) -> KeptAnswer | None:
    """None for what can't be given again."""
    if not isinstance(answered, Answer) or answered.status >= 400:
        return None
    headers = dict(answered.headers)
    if answered.etag is not None:
        headers["ETag"] = answered.etag
    if call.route.secret:
        return KeptAnswer(status=answered.status, headers=headers, body=None)
    body = json.dumps(answered.body)
    if len(body) > LARGEST_KEPT:
        return None
    return KeptAnswer(status=answered.status, headers=headers, body=body)
