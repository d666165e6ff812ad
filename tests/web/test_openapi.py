"""The API's own description: complete, valid, and what the server gives."""

import re
from typing import Any

from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from reconciler.web.api import ROUTES
from reconciler.web.openapi import document
from reconciler.web.paging import PAGED
from reconciler.web.routes import ROUTES as EVERY
from reconciler.web.schemas import schema_named


def test_it_is_valid_openapi_3_1() -> None:
    Draft202012Validator(OPENAPI_31).validate(document(ROUTES))


def test_no_route_is_missing_and_none_has_the_name_of_another() -> None:
    paths = document(ROUTES)["paths"]
    described = {
        (path, method.upper(), operation["operationId"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert described == {(route.path, route.method, route.operation) for route in ROUTES}
    assert len({name for _, _, name in described}) == len(ROUTES)


def test_routes_are_named_alike() -> None:
    names = [route.operation for route in EVERY]
    assert [name for name in names if not re.fullmatch("[a-z]+(-[a-z]+)*", name)] == []
    assert len(set(names)) == len(names)


def test_every_list_is_paged_alike() -> None:
    for route in ROUTES:
        pages = route.gives is not None and "next" in schema_named(route.gives)["properties"]
        assert pages == (PAGED[0] in route.query), route.operation


def test_every_reference_in_it_leads_somewhere() -> None:
    made = document(ROUTES)

    def references(value: Any) -> list[str]:
        if isinstance(value, list):
            return [found for one in value for found in references(one)]
        if not isinstance(value, dict):
            return []
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for one in value.values() for found in references(one)]

    named = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert set(references(made)) == named


def test_the_server_gives_it_to_everybody(shared: Any) -> None:
    found = shared.start().get("/api/v1/openapi.json")
    assert (found.status, found.json) == (200, document(ROUTES))
