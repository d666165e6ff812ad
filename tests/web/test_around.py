"""Around every answer: how often one may ask, what is counted and logged, and how it is sent."""

import gzip
import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

from reconciler.model.access import Role


def test_who_asks_too_often_has_to_wait_and_nobody_else(estate: Any) -> None:
    server = estate.start("--rate-limit", "20")
    own, other = estate.token("globex"), estate.token("hooli")
    # A minute may end in between: of so many one is too many anyhow.
    replies = [server.get("/api/v1/me", own) for _ in range(45)]
    refused = next(reply for reply in replies if reply.status == 429)
    assert refused.json["rule"] == "rate-limit"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit-policy"] == '"minute";q=20;w=60'
    assert [reply.status for reply in replies][:20] == [200] * 20
    assert server.get("/api/v1/me", other).status == 200


def test_guessing_tokens_is_counted_by_address(estate: Any) -> None:
    server = estate.start("--rate-limit", "30")
    statuses = {server.get("/api/v1/me", f"ipr_{number}").status for number in range(12)}
    assert statuses == {401, 429}
    assert server.get("/healthz").status == 200


def test_prometheus_gets_counts_without_names(estate: Any) -> None:
    server, viewer = estate.start(), estate.token(role=Role.PUBLISHER_VIEWER)
    server.get("/api/v1/accounts/globex", viewer)
    server.get("/api/v1/accounts/hooli/nothing", viewer)
    text = server.get("/metrics", viewer).body.decode()
    route = "/api/v1/accounts/{account}"
    assert f'requests_total{{method="GET",route="{route}",status="2xx"}} 1.0' in text
    assert 'route="none",status="4xx"} 1.0' in text
    assert "reconciler_attachments 20.0" in text
    assert "reconciler_settled 1.0" in text
    assert not re.search("globex|hooli", text)
    assert server.get("/metrics", estate.token("globex")).status == 403


def test_a_line_of_the_log_holds_no_secret_and_is_one_line(estate: Any) -> None:
    server, own = estate.start("--access-log", "json"), estate.token("globex")
    server.get("/api/v1/me?token=ipr_secret", own)
    server.get("/api/%0A%1B%5B31mx/%E2%80%AE", own)
    lines = [json.loads(line) for line in server.stop().splitlines() if line.startswith("{")]
    assert [line["status"] for line in lines] == [400, 404]
    assert lines[0]["path"] == "/api/v1/me"
    assert "ipr_" not in json.dumps(lines)


def test_hostile_paths_stay_on_their_line_of_the_log(estate: Any) -> None:
    server = estate.start("--access-log", "text")
    server.get("/x%0A2026-01-01 GET /admin%1B%5B31m".replace(" ", "%20"))
    lines = [line for line in server.stop().splitlines() if " GET " in line]
    assert len(lines) == 1
    assert lines[0].isprintable()


def test_an_answer_has_the_id_of_its_request(shared: Any) -> None:
    server = shared.start()
    mine = server.ask("GET", "/healthz", headers={"X-Request-Id": "abc-1"})
    assert mine.headers["x-request-id"] == "abc-1"
    hostile = server.ask("GET", "/healthz", headers={"X-Request-Id": "a b<script>"})
    assert re.fullmatch("[0-9a-f]{32}", hostile.headers["x-request-id"])


def test_large_answers_are_compressed_for_who_takes_them_so(shared: Any) -> None:
    server, token = shared.start(), shared.token()
    accept = {"Accept-Encoding": "gzip"}
    small = server.ask("GET", "/api/v1/attachments?limit=200", token=token, headers=accept)
    assert small.headers["content-encoding"] == "gzip"
    plain = server.get("/api/v1/attachments?limit=200", token)
    assert "content-encoding" not in plain.headers
    assert json.loads(gzip.decompress(small.body)) == plain.json


def test_a_body_that_is_too_large_is_refused(shared: Any) -> None:
    server, token = shared.start(), shared.token()
    path = "/api/v1/accounts/globex/attachments/stock-levels:x"
    body = b'{"environments": ["' + b"x" * 1_100_000 + b'"]}'
    headers = {"Content-Type": "application/json"}
    assert server.ask("PUT", path, token=token, body=body, headers=headers).status == 413


def test_a_request_that_is_no_http_ends_alone(shared: Any) -> None:
    server = shared.start()
    place = urlsplit(server.address)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(b"\x16\x03\x01nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert server.get("/healthz").status == 200
