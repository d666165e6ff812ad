"""Requests and their answers -> an id, counts for Prometheus, and a line in the log.

Neither the query nor a header is written down: they may hold what is secret. No label and no line
names what a path was asked about but the route itself and, in the log, the path.
"""

import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.report.escape import terminal
from reconciler.report.times import iso
from reconciler.web.counting import Counts

_access = logging.getLogger("reconciler.access")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LONGEST_PATH = 300
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What one process counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "reconciler_http_requests",
            "Requests that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "reconciler_http_request_seconds",
            "How long answers took, to their last byte.",
            ("method", "route"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.under_way = Gauge(
            "reconciler_http_requests_under_way",
            "Requests that are being answered.",
            registry=self.registry,
        )
        self._attachments = Gauge(
            "reconciler_attachments",
            "Attachments of the install base, as last counted.",
            registry=self.registry,
        )
        self._packs = Gauge(
            "reconciler_packs_installed", "Packs with attachments.", registry=self.registry
        )
        self._drift = Gauge(
            "reconciler_attachments_overdue",
            "Attachments whose runtime fails, or lags too long.",
            registry=self.registry,
        )
        self._settled = Gauge(
            "reconciler_settled",
            "1 when nothing is left to move, 0 during a fan-out.",
            registry=self.registry,
        )
        self._next_due = Gauge(
            "reconciler_next_due_timestamp_seconds",
            "When something may happen without a new commit; 0 for never.",
            registry=self.registry,
        )

    def text(self, counts: Counts, *, settled: bool, next_due: float) -> bytes:
        """All of it in Prometheus' own form."""
        rows = (cohort.rows for of_pack in counts.cohorts.values() for cohort in of_pack)
        self._attachments.set(sum(rows))
        self._packs.set(len(counts.cohorts))
        self._drift.set(sum(found.overdue for found in counts.behind.values()))
        self._settled.set(int(settled))
        self._next_due.set(next_due)
        return generate_latest(self.registry)


def log_to(write: Callable[[str], None], form: str) -> None:
    """Lines of the access log go to `write`, as text or as JSON; none for "off"."""
    _access.handlers.clear()
    _access.propagate = False
    _access.disabled = form == "off"
    if not _access.disabled:
        _access.setLevel(logging.INFO)
        _access.addHandler(_Lines(write, as_json=form == "json"))


class _Lines(logging.Handler):
    def __init__(self, write: Callable[[str], None], *, as_json: bool) -> None:
        super().__init__()
        self._write, self._as_json = write, as_json

    def emit(self, record: logging.LogRecord) -> None:
        at = iso(datetime.fromtimestamp(record.created, UTC))
        fields = {"at": at, **record.__dict__["fields"]}
        if self._as_json:
            self._write(json.dumps(fields))
        else:
            self._write(" ".join(terminal(str(value)) for value in fields.values()))


class Observed:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ID.match(given) else uuid.uuid4().hex
        status, begun = 500, time.perf_counter()

        async def with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with self._metrics.under_way.track_inprogress():
            try:
                await self._app(scope, receive, with_id)
            finally:
                self._tell(scope, status, time.perf_counter() - begun, request_id)

    def _tell(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope.get("route")
        known = getattr(route, "path", None) or "none"
        self._metrics.requests.labels(method, known, f"{status // 100}xx").inc()
        self._metrics.seconds.labels(method, known).observe(seconds)
        if _access.disabled or not _access.handlers:
            return
        fields = {
            "client": scope["client"][0] if scope.get("client") else "-",
            "method": method,
            "path": scope["path"][:_LONGEST_PATH],
            "status": status,
            "ms": round(seconds * 1000, 1),
            "id": request_id,
        }
        _access.info("", extra={"fields": fields})
