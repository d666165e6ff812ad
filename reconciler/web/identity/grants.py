"""What an identity provider says of a person -> who that is here, and what they may do."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.access import Principal, Role

LONGEST_NAME = 200
_ACCOUNT = re.compile(r"account:([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)")
_PUBLISHERS = (Role.PUBLISHER_ADMIN, Role.PUBLISHER_VIEWER)


class SignInFailed(Exception):
    """The provider, or who came from it, did not say what had to be said; told on a page."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def principal_of(claims: Mapping[str, Any], claim: str, issuer: str) -> Principal | str:
    """Whom the verified claims name, or why they open nothing.

    Of several roles the one counts that may do most; a person of several accounts has to be told
    apart at the provider, since an account's pages are those of one.
    """
    said = claims.get(claim)
    granted = {said} if isinstance(said, str) else _texts(said)
    name = _name(claims, issuer)
    for role in _PUBLISHERS:
        if role.value in granted:
            return Principal(name=name, role=role)
    accounts = sorted(found[1] for text in granted if (found := _ACCOUNT.fullmatch(text)))
    if len(accounts) == 1:
        return Principal(name=name, role=Role.ACCOUNT, account=accounts[0])
    if accounts:
        return f"the claim {claim} names {len(accounts)} accounts, and it can be one"
    return f"the claim {claim} names no role"


def _texts(said: object) -> set[str]:
    return {text for text in said if isinstance(text, str)} if isinstance(said, list) else set()


def _name(claims: Mapping[str, Any], issuer: str) -> str:
    """The address that the provider has verified, else its own key of the person, and the provider.

    It stands in the audit log, so that it is nothing that a person may choose freely.
    """
    verified = claims.get("email") if claims.get("email_verified") is True else None
    found = verified if isinstance(verified, str) and verified else str(claims["sub"])
    seen = "".join(char if char.isprintable() else "?" for char in found)
    return f"{seen[:LONGEST_NAME]} via {urlsplit(issuer).netloc}"
