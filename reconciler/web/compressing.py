"""Large answers of the API -> the same, compressed, for clients that take them so.

Pages are not: they hold what proves their forms, beside what others may have put there. Nor are
files, which are asked for by ranges.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_SMALLEST_BYTES = 2_000
_LEVEL = 3


class Compressed:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, _SMALLEST_BYTES, _LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope.get("path", "")
        fitting = path.startswith("/api/") and "/content/" not in path
        await (self._compressing if fitting else self._app)(scope, receive, send)
