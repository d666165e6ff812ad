"""The pages for people, one module each; all their routes in one tuple."""

from reconciler.web.pages import (
    account,
    accounts,
    calendar,
    events,
    groups,
    notifications,
    pack,
    packs,
    release,
    rollouts,
    sign_in,
    tokens,
    why,
)
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (
    *packs.ROUTES,
    *pack.ROUTES,
    *release.ROUTES,
    *accounts.ROUTES,
    *account.ROUTES,
    *groups.ROUTES,
    *calendar.ROUTES,
    *rollouts.ROUTES,
    *events.ROUTES,
    *why.ROUTES,
    *notifications.ROUTES,
    *tokens.ROUTES,
    *sign_in.ROUTES,
)
