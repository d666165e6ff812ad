"""The API's own description, made of its routes when it is first asked for."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from reconciler.web.openapi import document
from reconciler.web.paging import answer
from reconciler.web.route import Access, Answer, Call, Route


def _description(call: Call) -> Answer:  # noqa: ARG001
    return answer(_made())


@cache
def _made() -> Mapping[str, Any]:
    from reconciler.web.api import ROUTES as EVERY

    return document(EVERY)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/openapi.json",
        operation="openapi",
        summary="This description, as OpenAPI 3.1.",
        access=Access.ANYBODY,
        answers=_description,
        gives="api/openapi",
    ),
)
