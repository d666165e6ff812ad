"""The resources of the API, one module each; all their routes in one tuple."""

from reconciler.web.api import (
    delivery,
    health,
    me,
    tokens,
)
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *me.ROUTES,
    *delivery.ROUTES,
    *tokens.ROUTES,
)
