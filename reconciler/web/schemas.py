"""JSON Schemas of what the API takes and gives -> checks of requests, and parts of OpenAPI."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from reconciler.manifests.schemas import schema_document
from reconciler.web.problems import Problem

Schema = Mapping[str, Any]


@cache
def schema_named(name: str) -> Schema:
    """The schema of a file below schemas/, such as "api/attachment"."""
    found: Schema = json.loads(schema_document(name))
    return found


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_named(name))


def check_body(name: str, body: object) -> None:
    """Raises Problem (rule schema) for a body that has not the form of the schema."""
    _refuse(_validator(name), body, "the body")


def check_value(schema: Schema, value: object, what: str) -> None:
    """Raises Problem (rule schema) for a value that does not fit; `what` names it."""
    _refuse(Draft202012Validator(schema), value, what)


def _refuse(validator: Draft202012Validator, value: object, what: str) -> None:
    found = best_match(validator.iter_errors(value))
    if found is None:
        return
    place = "/".join(str(step) for step in found.absolute_path)
    where = f"{what}, at {place}" if place else what
    raise Problem(400, "schema", f"{where}: {found.message[:300]}")
