"""The server as a process: it starts, answers, and ends."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_it_answers_until_it_is_asked_to_stop(serve: Callable[..., Any]) -> None:
    server = serve()
    assert server.get("/healthz").json == {"status": "ok"}
    assert server.get("/readyz").status == 200
    server.stop()
    assert server.process.returncode == 0


def test_what_does_not_exist_is_a_problem_with_its_rule(serve: Callable[..., Any]) -> None:
    found = serve().get("/api/v1/nothing")
    assert (found.status, found.headers["content-type"]) == (404, "application/problem+json")
    assert found.json["rule"] == "not-found"


def test_who_is_not_signed_in_is_told_how_to(serve: Callable[..., Any]) -> None:
    found = serve().get("/api/v1/me")
    assert (found.status, found.json["rule"]) == (401, "not-signed-in")
    assert found.headers["www-authenticate"].startswith("Bearer")


def test_a_page_that_does_not_exist_says_so_to_people(serve: Callable[..., Any]) -> None:
    found = serve().get("/nothing")
    assert found.status == 404
    assert b"<h1>There is no such thing</h1>" in found.body
    assert "default-src 'none'" in found.headers["content-security-policy"]


def test_an_address_that_is_taken_is_a_clear_error(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    port = serve().address.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "serve", "--port", port],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "can't listen on 127.0.0.1 port" in done.stderr


def test_it_is_not_ready_while_its_store_is_away_and_ready_again_after(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve()
    store, elsewhere = tmp_path / "install-base.db", tmp_path / "elsewhere.db"
    assert server.get("/readyz").status == 200
    store.rename(elsewhere)
    away = server.get("/readyz")
    assert (away.status, away.json["rule"], away.headers["retry-after"]) == (503, "store", "5")
    assert server.get("/healthz").status == 200
    elsewhere.rename(store)
    assert server.get("/readyz").status == 200


def test_an_unset_variable_does_not_listen_on_every_address() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "serve", "--port", "0", "--host", ""],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 64
    assert "'' is no address; every one of this machine is 0.0.0.0" in done.stderr
