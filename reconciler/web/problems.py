"""Trouble -> a problem (RFC 9457), the same for programs as JSON and for people as a page."""

from collections.abc import Mapping
from typing import Any

from reconciler.errors import (
    Conflict,
    ContentNotReady,
    LeaseHeld,
    NoStore,
    ReconcilerError,
    RequestRefused,
    StoreBusy,
    StoreError,
)

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request has the wrong form",
    401: "Sign in first",
    403: "You may not do this",
    404: "There is no such thing",
    405: "This can't be done here",
    408: "The request came too slowly",
    409: "Not possible now",
    412: "It was changed meanwhile",
    413: "The request is too large",
    415: "The request is not JSON",
    422: "The request can't be carried out",
    428: "Say which state you saw",
    429: "Too many requests",
    500: "A mistake of ours",
    503: "Not available right now",
}


class Problem(Exception):
    """An answer that is not what was asked for.

    `rule` is a rule id (docs/rules.md) or a word of docs/http-api.md, `hint` what to do, `headers`
    go with the answer.
    """

    def __init__(
        self,
        status: int,
        rule: str,
        detail: str,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.rule = rule
        self.detail = detail
        self.hint = hint
        self.headers: Mapping[str, str] = headers or {}

    @property
    def title(self) -> str:
        """What all problems with this status have in common."""
        return TITLES.get(self.status, "It did not work")

    def fields(self) -> dict[str, Any]:
        """The problem as JSON (RFC 9457)."""
        return {
            "type": f"/problems#{self.rule}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "rule": self.rule,
            "hint": self.hint,
        }


def not_found() -> Problem:
    """One and the same for what does not exist and for what one may not know of."""
    return Problem(404, "not-found", "there is nothing here, or nothing that you may see")


_NOT_FITTING = frozenset(
    {
        "attachment-instance",
        "environment-unknown",
        "extension-secret",
        "extension-type",
        "extension-unknown",
        "slot",
    }
)


def refused(refusal: RequestRefused) -> Problem:
    """What an account asks for, and can't have now (409); what fits nowhere (422) or is not there.

    A hint that is about the command line is none for whoever asks over HTTP.
    """
    status = 404 if refusal.rule == "missing" else 422 if refusal.rule in _NOT_FITTING else 409
    hint = refusal.hint
    if hint is not None and ("--" in hint or hint.startswith("reconciler ")):
        hint = None
    return Problem(status, refusal.rule, refusal.message, hint)


def problem_of(error: ReconcilerError) -> Problem:
    """What the rest of the program raises, for a client."""
    if isinstance(error, RequestRefused):
        return refused(error)
    if isinstance(error, Conflict):
        return Problem(412, "changed", error.message, error.hint)
    if isinstance(error, StoreBusy | LeaseHeld):
        return Problem(503, "busy", "the store is busy", "try again", {"Retry-After": "1"})
    if isinstance(error, ContentNotReady):
        return Problem(503, "not-ready", error.message, error.hint, {"Retry-After": "2"})
    if isinstance(error, NoStore | StoreError):
        return Problem(
            503, "store", "the store can't be used right now", None, {"Retry-After": "5"}
        )
    return Problem(422, "refused", error.message, error.hint)
