"""Signing in at an identity provider: a real one, and one that does not do what it should."""

import http.client
import json
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

_PROVIDER = """
import json, logging, sys
from oidc_provider_mock import run_server_in_thread, User
users = [User(**user) for user in json.loads(sys.argv[1])]
logging.disable()
with run_server_in_thread(require_nonce=True, user_claims=users) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""
_USERS = {
    "ann": {"reconciler": "publisher-admin", "email": "ann@larkfield.example",
            "email_verified": True},
    "vic": {"reconciler": ["staff", "publisher-viewer"]},
    "gus": {"reconciler": ["account:globex"]},
    "top": {"reconciler": ["account:globex", "publisher-viewer", "publisher-admin"]},
    "two": {"reconciler": ["account:globex", "account:acme"]},
    "ini": {"reconciler": "account:initech"},
    "bad": {"reconciler": "account:globex~2"},
    "odd": {"reconciler": {"publisher-admin": True}},
    "non": {},
    "\x1b[31m<b>": {"reconciler": "publisher-viewer", "email": "ann@larkfield.example"},
}  # fmt: skip


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider that knows the users above."""
    users = [{"sub": sub, "claims": claims} for sub, claims in _USERS.items()]
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _PROVIDER, json.dumps(users)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield f"http://localhost:{process.stdout.readline().strip()}"
        process.kill()


def _at_provider(location: str, sub: str) -> str:
    """The person says who they are; where the provider sends their browser then."""
    url = urlsplit(location)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=60)
    try:
        form = urlencode({"sub": sub}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{url.path}?{url.query}", form, kind)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 302, answer.status
        return answer.headers["Location"]
    finally:
        connection.close()


def _back(location: str) -> str:
    url = urlsplit(location)
    return f"{url.path}?{url.query}"


@pytest.fixture(scope="module")
def at(
    tmp_path_factory: pytest.TempPathFactory,
    serve_in: Callable[..., Any],
    make_store: Callable[[Path], Any],
    issuer: str,
) -> Any:
    """A server that trusts the provider, and knows the accounts acme and globex."""
    folder = tmp_path_factory.mktemp("at")
    make_store(folder)
    return _trusting(partial(serve_in, folder), issuer)


@pytest.fixture
def own_at(serve: Callable[..., Any], issuer: str, known: Any) -> Any:  # noqa: ARG001
    """The same, of one test alone."""
    return _trusting(serve, issuer)


def _trusting(serve: Callable[..., Any], issuer: str) -> Any:
    return serve(
        "--oidc-issuer", issuer, "--oidc-client-id", "packs",
        RECONCILER_OIDC_CLIENT_SECRET="wallet-of-the-server",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sub", "name", "role", "account"),
    [
        ("ann", "ann@larkfield.example", "publisher-admin", None),
        ("vic", "vic", "publisher-viewer", None),
        ("gus", "gus", "account", "globex"),
        ("top", "top", "publisher-admin", None),
        ("\x1b[31m<b>", "?[31m<b>", "publisher-viewer", None),
    ],
)
def test_the_claim_says_what_a_person_may_do(
    at: Any, browser: Any, issuer: str, sub: str, name: str, role: str, account: str | None
) -> None:
    visitor = browser(at)
    assert b"/sign-in/provider?next=" in visitor.get("/sign-in?next=/packs").body
    sent = visitor.get("/sign-in/provider?next=/packs")
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["redirect_uri"] == f"{at.address}/sign-in/callback"
    found = visitor.get(_back(_at_provider(sent.headers["location"], sub)))
    assert (found.status, found.headers["location"]) == (303, "/packs")
    assert set(visitor.cookies) == {"reconciler-session"}
    assert visitor.get("/api/v1/me").json == {
        "name": f"{name} via {urlsplit(issuer).netloc}", "role": role, "account": account,
    }  # fmt: skip
    assert visitor.post("/sign-out", {}).status == 303
    assert visitor.get("/api/v1/me").status == 401


@pytest.mark.parametrize("sub", ["two", "bad", "odd", "non", "ini"])
def test_who_has_no_role_here_is_told_so(at: Any, browser: Any, sub: str) -> None:
    visitor = browser(at)
    sent = visitor.get("/sign-in/provider")
    found = visitor.get(_back(_at_provider(sent.headers["location"], sub)))
    assert found.status == 403
    expected = b"not known here" if sub == "ini" else b"have no role here"
    assert expected in found.body
    assert not visitor.cookies


def test_an_answer_works_once_and_in_the_browser_that_asked(at: Any, browser: Any) -> None:
    visitor, thief = browser(at), browser(at)
    sent = visitor.get("/sign-in/provider")
    thief.get("/sign-in/provider")
    back = _back(_at_provider(sent.headers["location"], "ann"))
    assert thief.get(back).status == 403
    assert not thief.cookies
    kept = dict(visitor.cookies)
    assert visitor.get(back).status == 303
    assert visitor.get(back).status == 403
    visitor.cookies = kept
    assert visitor.get(back).status == 403


def test_the_secret_of_the_client_and_the_code_are_in_no_log(own_at: Any, browser: Any) -> None:
    visitor = browser(own_at)
    sent = visitor.get("/sign-in/provider")
    back = _back(_at_provider(sent.headers["location"], "non"))
    visitor.get(back)
    code = parse_qs(urlsplit(back).query)["code"][0]
    said = own_at.stop()
    assert "names no role" in said
    assert "wallet-of-the-server" not in said
    assert code not in said


@pytest.mark.parametrize(
    "kept", ["", "x", "e30=", "W10=", "eyJvaWRjIjogMSwgIm5leHQiOiAiLyJ9", "bnVsbA==", "é"]
)
def test_what_a_browser_kept_may_be_anything(at: Any, browser: Any, kept: str) -> None:
    visitor = browser(at)
    visitor.cookies["reconciler-signing-in"] = kept.encode().decode("latin-1")
    for query in ("", "?code=x&state=y", "?error=access_denied&error_description=%0A%1b", "?%ff=1"):
        assert visitor.get(f"/sign-in/callback{query}").status in (400, 403)


def test_without_a_provider_there_is_no_such_page(serve: Callable[..., Any]) -> None:
    server = serve()
    assert b"/sign-in/provider" not in server.get("/sign-in").body
    for path in ("/sign-in/provider", "/sign-in/callback?code=x&state=y"):
        assert server.get(path).status == 404


def test_a_provider_that_is_away_is_told_and_tokens_still_work(
    serve: Callable[..., Any], browser: Any, make_token: Callable[..., str]
) -> None:
    server = serve("--oidc-issuer", "http://localhost:1", "--oidc-client-id", "packs")
    visitor = browser(server)
    found = visitor.get("/sign-in/provider")
    assert found.status == 403
    assert b"reached right now" in found.body
    assert visitor.post("/sign-in", {"token": make_token()}).status == 303


@pytest.mark.parametrize(
    "words",
    [
        ("--oidc-issuer", "https://login.example"),
        ("--oidc-client-id", "packs"),
        ("--oidc-issuer", "http://login.example", "--oidc-client-id", "packs"),
        ("--oidc-issuer", "https://[", "--oidc-client-id", "packs"),
        ("--oidc-issuer", "https://l.example", "--oidc-client-id", "p", "--oidc-scope", "email"),
        ("--public-url", "packs.example"),
        ("--public-url", "https://packs.example/below"),
        ("--trusted-proxy", "proxy"),
    ],
)
def test_what_can_not_be_meant_is_refused_before_anything_is_served(
    tmp_path: Any, words: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "serve", "--port", "0", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64, done.stderr


class Liar:
    """A provider whose ID tokens are what a test makes of them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.key = RSAKey.generate_key(2048, {"kid": "k"})
        self.signing: Any = self.key
        self.header = {"alg": "RS256", "kid": "k"}
        self.said: dict[str, Any] = {}
        self.known: dict[str, Any] = {
            "issuer": address,
            "authorization_endpoint": f"{address}/authorize",
            "token_endpoint": f"{address}/token",
            "jwks_uri": f"{address}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        self.whole = True
        self.asked: dict[str, str] = {}

    def answer(self, path: str) -> Any:
        if path.endswith("openid-configuration"):
            return self.known
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        found = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
        if self.whole:
            found["id_token"] = self._signed()
        return found

    def _signed(self) -> str:
        algorithm = self.header["alg"]
        if algorithm != "none":
            return jwt.encode(self.header, self.said, self.signing, algorithms=[algorithm])
        parts = (json.dumps(part).encode() for part in (self.header, self.said))
        return ".".join([urlsafe_b64encode(part).decode().rstrip("=") for part in parts]) + "."


@pytest.fixture
def liar() -> Iterator[Liar]:
    """It listens while the test runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say()

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            found.asked = dict(parse_qsl(self.rfile.read(length).decode()))
            self._say()

        def _say(self) -> None:
            body = json.dumps(found.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Liar(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def _sign_in(liar: Liar, visitor: Any, **said: Any) -> Any:
    """One sign-in at the liar; what is said stands in the ID token, None leaves a claim out."""
    sent = visitor.get("/sign-in/provider")
    if sent.status != 303:
        return sent
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    now = int(time.time())
    claims = {
        "iss": liar.address, "aud": "packs", "sub": "eve", "iat": now, "exp": now + 60,
        "nonce": asked["nonce"], "reconciler": "publisher-admin", **said,
    }  # fmt: skip
    liar.said = {name: value for name, value in claims.items() if value is not None}
    return visitor.get(f"/sign-in/callback?code=c&state={asked['state']}")


@pytest.fixture
def deceived(serve: Callable[..., Any], liar: Liar, known: Any) -> Any:  # noqa: ARG001
    return serve("--oidc-issuer", liar.address, "--oidc-client-id", "packs")


def test_what_is_right_opens_the_door_and_pkce_proves_who_asked(
    deceived: Any, liar: Liar, browser: Any
) -> None:
    visitor = browser(deceived)
    assert _sign_in(liar, visitor).status == 303
    assert len(liar.asked["code_verifier"]) >= 43
    assert _sign_in(liar, visitor, aud=["packs", "other"], azp="packs").status == 303


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"}, {"nonce": None}, {"iss": "https://evil.example"}, {"iss": None},
        {"aud": "another"}, {"aud": None}, {"aud": "another", "azp": "packs"}, {"azp": "another"},
        {"exp": 1_700_000_000}, {"exp": None}, {"sub": None}, {"iat": 4_000_000_000},
    ],
)  # fmt: skip
def test_an_id_token_that_is_not_for_this_sign_in_opens_nothing(
    deceived: Any, liar: Liar, browser: Any, said: dict[str, Any]
) -> None:
    visitor = browser(deceived)
    found = _sign_in(liar, visitor, **said)
    assert found.status == 403
    assert not visitor.cookies


def test_an_id_token_that_the_provider_did_not_sign_opens_nothing(
    deceived: Any, liar: Liar, browser: Any
) -> None:
    visitor = browser(deceived)
    public = liar.key.as_pem(private=False)
    others: list[tuple[dict[str, str], Any]] = [
        ({"alg": "RS256", "kid": "k"}, RSAKey.generate_key(2048, {"kid": "k"})),
        ({"alg": "RS256", "kid": "z"}, RSAKey.generate_key(2048, {"kid": "z"})),
        ({"alg": "none"}, None),
        ({"alg": "HS256", "kid": "k"}, OctKey.import_key(public.hex())),
    ]
    for liar.header, liar.signing in others:
        assert _sign_in(liar, visitor).status == 403, liar.header
    liar.whole = False
    assert _sign_in(liar, visitor).status == 403
    assert not visitor.cookies


def test_a_provider_that_says_that_it_is_another_opens_nothing(
    deceived: Any, liar: Liar, browser: Any
) -> None:
    visitor = browser(deceived)
    liar.known["issuer"] = "https://evil.example"
    assert _sign_in(liar, visitor).status == 403
    liar.known["issuer"] = liar.address
    assert _sign_in(liar, visitor).status == 303


def test_the_page_that_was_asked_for_is_one_of_ours(
    deceived: Any, liar: Liar, browser: Any
) -> None:
    visitor = browser(deceived)
    sent = visitor.get("/sign-in/provider?next=//evil.example")
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    now = int(time.time())
    liar.said = {
        "iss": liar.address, "aud": "packs", "sub": "eve", "iat": now, "exp": now + 60,
        "nonce": asked["nonce"], "reconciler": "publisher-admin",
    }  # fmt: skip
    found = visitor.get(f"/sign-in/callback?code=c&state={asked['state']}")
    assert (found.status, found.headers["location"]) == (303, "/")


def test_a_public_address_is_where_the_provider_sends_people_back_to(
    serve: Callable[..., Any], liar: Liar, browser: Any
) -> None:
    server = serve(
        "--oidc-issuer", liar.address, "--oidc-client-id", "packs",
        "--public-url", "https://Packs.example/",
    )  # fmt: skip
    visitor = browser(server)
    sent = visitor.get("/sign-in/provider")
    asked = dict(parse_qsl(urlsplit(sent.headers["location"]).query))
    assert asked["redirect_uri"] == "https://packs.example/sign-in/callback"
    assert "secure" in visitor.flags["__Host-reconciler-signing-in"]
