"""The pages of one account: what it runs, what comes when, and what it does for itself.

The account acts here, or publisher-admin in its stead; publisher-viewer sees the same pages without
buttons.
"""

from reconciler.web.pages.account import (
    attachment,
    dates,
    installing,
    library,
    overview,
    packs,
    trying,
)
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (
    *overview.ROUTES,
    *attachment.ROUTES,
    *trying.ROUTES,
    *packs.ROUTES,
    *installing.ROUTES,
    *library.ROUTES,
    *dates.ROUTES,
)
