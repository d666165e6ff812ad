"""The pages, one module each; all their routes in one tuple."""

from reconciler.web.route import Route

ROUTES: tuple[Route, ...] = ()
