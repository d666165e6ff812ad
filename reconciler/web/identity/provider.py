"""An identity provider (OpenID Connect) -> an address to send people to, and who came back.

Authorization code with PKCE, state and nonce, by Authlib. What has to be known again when a person
comes back is kept by their own browser, for ten minutes.
"""

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from httpx2 import HTTPError, InvalidURL
from joserfc.errors import JoseError
from starlette.requests import Request

from reconciler.model.access import Principal
from reconciler.web.identity.grants import SignInFailed, principal_of

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 10.0
_TROUBLE_ON_THE_WAY = (HTTPError, InvalidURL)
_KEPT = ("nonce", "code_verifier", "redirect_uri")
_LARGEST_STATE = 3_500  # a browser keeps 4,096 bytes of a cookie
# A provider signs with a key that is its own; a secret that we know, too, would prove nothing.
_SIGNATURES = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """How an operator names the provider; `secret` None for a client that has none."""

    issuer: str
    client_id: str
    secret: str | None
    claim: str = "reconciler"
    scope: str = "openid email"


class Provider:
    """One identity provider; what it publishes of itself is read when it is first needed."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        issuer = settings.issuer.rstrip("/")
        client: Any = OAuth().register(
            "reconciler",
            client_id=settings.client_id,
            client_secret=settings.secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.scope,
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT_SECONDS,
                "token_endpoint_auth_method": "client_secret_basic" if settings.secret else "none",
            },
        )
        self._client = client

    async def address(self, redirect_uri: str, next_path: str) -> tuple[str, str]:
        """Where to send a browser, and what it keeps meanwhile. Raises SignInFailed."""
        await self._known()
        session: dict[str, Any] = {}
        try:
            answer = await self._client.authorize_redirect(_request("", session), redirect_uri)
        except (AuthlibBaseError, RuntimeError, *_TROUBLE_ON_THE_WAY) as error:
            raise _unreachable(error) from error
        for kept in session.values():
            kept["data"].pop("url", None)
        return str(answer.headers["location"]), _packed({"oidc": session, "next": next_path})

    async def person(self, query: str, kept: str | None) -> tuple[Principal, str]:
        """Who came back, and the page that they wanted. Raises SignInFailed."""
        state = _unpacked(kept)
        await self._known()
        try:
            token = await self._client.authorize_access_token(
                _request(query, state["oidc"]), claims_options=self._claims()
            )
        except _TROUBLE_ON_THE_WAY as error:
            raise _unreachable(error) from error
        except (AuthlibBaseError, JoseError, KeyError, TypeError, ValueError) as error:
            raise _failed(str(error)) from error
        claims = token.get("userinfo")
        if claims is None:
            raise _failed("the provider sent no ID token")
        found = principal_of(claims, self.settings.claim, self.settings.issuer)
        if isinstance(found, str):
            _log.warning("sign-in of %r opens nothing: %s", str(claims["sub"])[:200], found)
            raise SignInFailed(
                "you are signed in at the identity provider, but have no role here",
                f"ask whoever keeps it to grant you one: {found}",
            )
        return found, state["next"]

    def _claims(self) -> dict[str, Any]:
        """What an ID token has to say beside what Authlib checks of itself."""
        issuer = self._client.server_metadata["issuer"]
        return {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }

    async def _known(self) -> None:
        """What the provider says of itself, checked once. Raises SignInFailed."""
        try:
            found = await self._client.load_server_metadata()
        except (*_TROUBLE_ON_THE_WAY, ValueError) as error:
            raise _unreachable(error) from error
        issuer = found.get("issuer")
        if str(issuer).rstrip("/") != self.settings.issuer.rstrip("/"):
            del found["_loaded_at"]
            raise _failed(f"it says that it is {issuer!r}, not {self.settings.issuer!r}")
        offered = found.get("id_token_signing_alg_values_supported") or ["RS256"]
        found["id_token_signing_alg_values_supported"] = sorted(_SIGNATURES & set(offered))


def _request(query: str, session: Mapping[str, Any]) -> Request:
    """So much of a request as Authlib looks at."""
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [],
            "query_string": query.encode("latin-1"),
            "session": session,
        }
    )


def _packed(state: Mapping[str, Any]) -> str:
    packed = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    if len(packed) > _LARGEST_STATE:
        return _packed({**state, "next": "/"})
    return packed


def _unpacked(kept: str | None) -> dict[str, Any]:
    """What _packed() was made from; a browser may send anything. Raises SignInFailed."""
    try:
        state = json.loads(base64.urlsafe_b64decode((kept or "").encode()))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _stale() from error
    if not (isinstance(state, dict) and isinstance(state.get("next"), str)):
        raise _stale()
    sessions = state.get("oidc")
    if not (isinstance(sessions, dict) and all(map(_is_kept, sessions.values()))):
        raise _stale()
    return state


def _is_kept(session: object) -> bool:
    return (
        isinstance(session, dict)
        and isinstance(session.get("exp"), int | float)
        and isinstance(data := session.get("data"), dict)
        and all(isinstance(data.get(name), str) and data[name] for name in _KEPT)
    )


def _stale() -> SignInFailed:
    return SignInFailed("this sign-in began too long ago, or in another browser", "sign in again")


def _failed(why: str) -> SignInFailed:
    _log.warning("sign-in failed: %r", why[:500])
    return SignInFailed("the identity provider did not sign you in", "sign in again")


def _unreachable(error: Exception) -> SignInFailed:
    _log.warning("the identity provider can't be asked: %s: %s", type(error).__name__, error)
    return SignInFailed("the identity provider can't be reached right now", "try again later")
