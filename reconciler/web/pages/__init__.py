"""The pages, one module each; all their routes in one tuple."""

from reconciler.web.pages import sign_in
from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = (*sign_in.ROUTES,)
