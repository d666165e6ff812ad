"""All routes of the server."""

from reconciler.web import api, pages
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (*api.ROUTES, *pages.ROUTES)
