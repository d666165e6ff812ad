"""The resources of the API, one module each; all their routes in one tuple."""

from reconciler.web.api import (
    account,
    acts,
    delivery,
    description,
    estate,
    health,
    me,
    metrics,
    notifications,
    packs,
    record,
    tokens,
)
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *description.ROUTES,
    *me.ROUTES,
    *metrics.ROUTES,
    *delivery.ROUTES,
    *notifications.ROUTES,
    *tokens.ROUTES,
    *packs.ROUTES,
    *estate.ROUTES,
    *record.ROUTES,
    *account.ROUTES,
    *acts.ROUTES,
)
