"""The delivery protocol, spoken with a real server (docs/delivery-protocol.md)."""

import hashlib
import json
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

AGENT = {"Reconciler-Agent": "runtime"}


def _right(bundle: Any) -> list[dict[str, Any]]:
    return [
        {name: one[name] for name in ("pack", "instance", "release", "digest")}
        for one in bundle["attachments"]
    ]


def _report(publisher: Any, sequence: int, attachments: list[Any], **fields: Any) -> Any:
    body = {"agent": "runtime", "sequence": sequence, "attachments": attachments}
    return publisher.ask("PUT", "/report", body=body, **fields)


def test_a_bundle_has_a_tag_and_is_sent_only_when_it_is_another(shared: Any) -> None:
    found = shared.ask("GET", "/desired")
    assert found.status == 200
    assert found.headers["etag"] == f'"{found.json["digest"]}"'
    (attachment,) = found.json["attachments"]
    assert attachment["extensions"] == {"warehouse": {"region": "eu"}}
    assert attachment["components"] == [
        {
            "component": "sync",
            "version": "1.0.0",
            "type": "process",
            "content": shared.content_id("1.0.0"),
            "file": "1.0.0",
        }
    ]
    again = shared.ask("GET", "/desired", headers={"If-None-Match": found.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_who_waits_gets_the_new_bundle_when_it_is_there(serving: Any) -> None:
    before = serving.ask("GET", "/desired")
    tag = {"If-None-Match": before.headers["etag"]}
    got: list[Any] = []
    waiters = [
        threading.Thread(
            target=lambda: got.append(serving.ask("GET", "/desired?wait=60", headers=tag))
        )
        for _ in range(50)
    ]
    for waiter in waiters:
        waiter.start()
    assert serving.ask("GET", "/desired").status == 200, "who waits keeps no thread"
    serving.release("1.1.0", {"main.xml": b"<process/>"})
    for waiter in waiters:
        waiter.join()
    assert [found.status for found in got] == [200] * 50
    assert {found.json["attachments"][0]["release"] for found in got} == {"1.1.0"}


def test_who_waits_for_nothing_is_told_so(shared: Any) -> None:
    tag = {"If-None-Match": shared.ask("GET", "/desired").headers["etag"]}
    assert shared.ask("GET", "/desired?wait=1", headers=tag).status == 304
    assert shared.ask("GET", "/desired?wait=61", headers=tag).status == 400


def test_files_are_fetched_by_digest_and_in_ranges(shared: Any, files: dict[str, bytes]) -> None:
    content = shared.content_id("1.0.0")
    listed = shared.ask("GET", f"/content/{content}").json
    assert {file["path"] for file in listed["files"]} == set(files)
    (large,) = (file for file in listed["files"] if file["path"] == "maps/large.bin")
    place = f"/content/{content}/{large['sha256']}"
    whole = shared.ask("GET", place)
    assert hashlib.sha256(whole.body).hexdigest() == large["sha256"]
    assert whole.headers["etag"] == f'"{large["sha256"]}"'
    ranged = {"Range": "bytes=1000-", "If-Range": whole.headers["etag"]}
    part = shared.ask("GET", place, headers=ranged)
    assert (part.status, part.body) == (206, whole.body[1000:])
    other = shared.ask("GET", place, headers={**ranged, "If-Range": '"other"'})
    assert (other.status, other.body) == (200, whole.body)
    beyond = shared.ask("GET", place, headers={"Range": f"bytes={large['size']}-"})
    assert beyond.status == 416
    executable = [file["path"] for file in listed["files"] if file["mode"] == "100755"]
    assert executable == ["bin/start"]


def test_only_what_the_account_should_run_is_given_to_it(serving: Any) -> None:
    before = serving.content_id("1.0.0")
    serving.release("1.1.0", {"main.xml": b"<process/>"})
    assert serving.ask("GET", f"/content/{before}").status == 404
    content = serving.content_id("1.1.0")
    assert serving.ask("GET", f"/content/{content}").status == 200
    assert serving.ask("GET", f"/content/{content}/{'0' * 64}").status == 404
    tree = serving.git("rev-parse", "HEAD^{tree}")
    assert serving.ask("GET", f"/content/{tree}").status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/desired"), ("GET", "/agent"), ("DELETE", "/agent"), ("GET", f"/content/{'0' * 40}")],
)
def test_another_account_is_one_that_does_not_exist(shared: Any, method: str, path: str) -> None:
    shared.ask("GET", "/desired", headers=AGENT)
    there = shared.ask(method, path, who="initech", account="globex")
    nowhere = shared.ask(method, path, who="initech", account="nobody")
    assert (there.status, there.body) == (nowhere.status, nowhere.body)
    assert there.status == 404


def test_a_viewer_may_look_but_is_no_agent(shared: Any) -> None:
    assert shared.ask("GET", "/desired", who="viewer").status == 200
    assert shared.ask("GET", "/desired", who="viewer", headers=AGENT).status == 403
    assert _report(shared, 1, [], who="viewer").status == 403
    assert shared.ask("GET", "/agent", who="viewer").status == 404


def test_a_report_says_where_each_attachment_stands(shared: Any) -> None:
    bundle = shared.ask("GET", "/desired", headers=AGENT).json
    waiting = shared.ask("GET", "/agent").json
    assert waiting["attachments"][0]["drift"]["reason"] == "not-reported"
    done = _report(shared, 1, _right(bundle))
    assert done.status == 200
    (line,) = done.json["attachments"]
    assert (line["installed"], line["target"], line["drift"]) == ("1.0.0", "1.0.0", None)
    wrong = [{**_right(bundle)[0], "digest": "0" * 64}]
    (line,) = _report(shared, 2, wrong).json["attachments"]
    assert (line["installed"], line["drift"]["reason"]) == (None, "other-content")
    stale = _report(shared, 1, _right(bundle))
    assert (stale.status, stale.json["rule"]) == (409, "stale-report")
    assert shared.ask("GET", "/agent").json["sequence"] == 2


@pytest.mark.parametrize(
    "failure", ["\x1b[2J", "\u202e", "x" * 2_000, "::error::", "<script>", "\n"]
)
def test_a_failure_may_be_any_text(shared: Any, failure: str) -> None:
    shared.ask("GET", "/desired", headers=AGENT)
    said = {"pack": "orders", "instance": None, "release": None, "failure": failure}
    (line,) = _report(shared, 1, [said]).json["attachments"]
    assert line["drift"]["reason"] == "failed"
    assert line["drift"]["message"].isprintable()
    assert len(line["drift"]["message"]) < 600


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent": "runtime", "sequence": 0, "attachments": []},
        {"agent": "runtime", "sequence": 2**53, "attachments": []},
        {"agent": "runtime", "sequence": 1, "attachments": [{"pack": "../x", "release": "1"}]},
        {"agent": "runtime", "sequence": 1, "attachments": [{"pack": "x", "release": "\x00"}]},
        {"agent": "runtime", "sequence": 1, "attachments": [], "more": 1},
    ],
)
def test_a_report_of_another_form_is_refused(shared: Any, body: Any) -> None:
    shared.ask("GET", "/desired", headers=AGENT)
    assert shared.ask("PUT", "/report", body=body).status == 400


def test_a_retired_agent_makes_room_for_another(shared: Any) -> None:
    shared.ask("GET", "/desired", headers=AGENT)
    second = {"Reconciler-Agent": "runtime-2"}
    taken = shared.ask("GET", "/desired", headers=second)
    assert taken.status == 409
    assert "another agent, runtime" in taken.json["detail"]
    assert shared.ask("DELETE", "/agent").status == 204
    assert shared.ask("DELETE", "/agent").status == 404
    assert shared.ask("GET", "/desired", headers=second).status == 200


def test_a_server_without_the_repository_says_that_it_has_no_contents(
    publisher: Any, files: dict[str, bytes]
) -> None:
    publisher.release("1.0.0", files)
    publisher.serve(repo=False)
    found = publisher.ask("GET", f"/content/{publisher.content_id('1.0.0')}")
    assert (found.status, found.json["rule"]) == (404, "no-source")
    assert publisher.ask("GET", f"/content/{'0' * 40}").json["rule"] == "not-found"


def test_the_server_tells_what_is_overdue(publisher: Any, files: dict[str, bytes]) -> None:
    publisher.now = "2026-11-23T15:00:00Z"
    publisher.release("1.0.0", files)
    publisher.serve()
    publisher.ask("GET", "/desired", headers=AGENT)
    publisher.stop()
    publisher.now = "2026-11-23T15:30:00Z"
    publisher.serve("--overdue-after", "30")
    told: list[str] = []
    while not told:
        printed = publisher.run("events", "--format", "json")
        told = [line for line in printed.splitlines() if '"delivery-overdue"' in line]
    publisher.stop()
    publisher.serve("--overdue-after", "30")
    publisher.ask("GET", "/agent")
    printed = publisher.run("events", "--format", "json")
    assert printed.count('"delivery-overdue"') == 1


def test_contents_are_kept_where_the_operator_says(
    publisher: Any, files: dict[str, bytes], tmp_path: Path, laid_out: Callable[..., Any]
) -> None:
    assert laid_out is not None
    publisher.release("1.0.0", files)
    publisher.serve("--content-folder", str(tmp_path / "spool"))
    content = publisher.content_id("1.0.0")
    assert publisher.ask("GET", f"/content/{content}").status == 200
    assert (tmp_path / "spool" / f"{content}.json").exists()


def test_who_waits_is_let_go_when_the_server_ends(serving: Any) -> None:
    tag = {"If-None-Match": serving.ask("GET", "/desired").headers["etag"]}
    got: list[int] = []
    waiter = threading.Thread(
        target=lambda: got.append(serving.ask("GET", "/desired?wait=60", headers=tag).status)
    )
    waiter.start()
    serving.ask("GET", "/agent")
    (server,) = serving.processes
    server.terminate()
    assert server.wait() == 0
    waiter.join()
    assert got in ([304], [])


def test_readers_tell_what_is_not_delivered(serving: Any) -> None:
    assert serving.run("attachments", "--drift") == "No attachments.\n"
    serving.ask("GET", "/desired", headers=AGENT)
    failed = {"pack": "orders", "release": None, "failure": "no \x1b[2Jroom"}
    _report(serving, 1, [failed])
    shown = serving.run("attachments", "--drift")
    assert "globex" in shown
    assert "initech" not in shown
    assert "it reports a failure: no  [2Jroom" in shown
    lines = [
        json.loads(line) for line in serving.run("attachments", "--format", "json").splitlines()
    ]
    agents = {line["account"]: (line["agent"], line["installed"]) for line in lines}
    assert agents == {"globex": ("runtime", None), "initech": (None, "1.0.0")}
    (pack,) = json.loads(serving.run("status", "--format", "json"))["packs"]
    assert (pack["drift"], pack["overdue"]) == (1, 1)
    assert "1 not delivered" in serving.run("status")
    for reader in (("why", "globex", "orders"), ("account", "show", "globex")):
        assert "By its runtime that is not confirmed since" in serving.run(*reader)
    applied = json.loads(serving.run("apply", "--format", "json", code=7))
    assert applied["failing_deliveries"] == 1
    bundle = serving.ask("GET", "/desired").json
    _report(serving, 2, _right(bundle))
    assert "Its runtime confirms" in serving.run("why", "globex", "orders")
    serving.run("apply")


def test_the_page_of_an_attachment_tells_what_its_runtime_says(serving: Any) -> None:
    def page() -> str:
        address = f"{serving.address}/accounts/globex/attachments/orders"
        bearer = {"Authorization": f"Bearer {serving.token('globex')}"}
        with urllib.request.urlopen(urllib.request.Request(address, headers=bearer)) as found:
            return str(found.read().decode())

    bundle = serving.ask("GET", "/desired", headers=AGENT).json
    assert "By its runtime that is not confirmed since" in page()
    _report(serving, 1, _right(bundle))
    assert "Its runtime confirms" in page()
    tag = serving.ask("GET", "/attachments/orders").headers["etag"]
    body = {"values": {"warehouse": {"region": "us"}}}
    put = serving.ask("PATCH", "/attachments/orders", body=body, headers={"If-Match": tag})
    assert put.json["attachment"]["drift"]["reason"] == "other-content"
    assert "By its runtime that is not confirmed since" in page()
