"""Whether the process lives, and whether it can answer."""

from reconciler.web.route import Access, Answer, Call, Route


def _alive(call: Call) -> Answer:  # noqa: ARG001
    return Answer(body={"status": "ok"})


def _ready(call: Call) -> Answer:
    call.services.store.applied()
    return Answer(body={"status": "ok"})


ROUTES = (
    Route(
        method="GET",
        path="/healthz",
        operation="health",
        summary="Whether the process lives.",
        access=Access.ANYBODY,
        answers=_alive,
        gives="api/health",
    ),
    Route(
        method="GET",
        path="/readyz",
        operation="readiness",
        summary="Whether the process can answer: its store can be read.",
        access=Access.ANYBODY,
        answers=_ready,
        gives="api/health",
    ),
)
