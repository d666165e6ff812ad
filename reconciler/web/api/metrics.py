"""What Prometheus asks for."""

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from reconciler.web.route import Access, Call, Route


def _metrics(call: Call) -> Response:
    services = call.services
    applied = services.store.applied()
    due = applied.next_due if applied is not None else None
    text = services.metrics.text(
        services.counts.get(),
        settled=applied is None or applied.settled,
        next_due=0 if due is None else due.timestamp(),
    )
    return Response(text, media_type=CONTENT_TYPE_LATEST)


ROUTES = (
    Route(
        method="GET",
        path="/metrics",
        operation="metrics",
        summary="Counts of this process and of the install base, for Prometheus.",
        access=Access.PUBLISHER,
        answers=_metrics,
        also=("text/plain",),
    ),
)
