"""--require-signed as typed: exit codes, messages, and what a wrong use of it says."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with a key, a file that allows it, and another that revokes it."""
    folder = tmp_path / "keys"
    folder.mkdir()
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")]
    subprocess.run(command, check=True)
    public = (folder / "key.pub").read_text()
    (folder / "allowed").write_text(f"ann@example.com {public}")
    (folder / "revoked").write_text(public)
    return folder


def sign(publisher: Any, keys: Path) -> str:
    settings = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={keys / 'key'}")
    publisher.git(*settings, "commit", "--amend", "--allow-empty", "--quiet", "--no-edit", "-S")
    return str(publisher.git("rev-parse", "HEAD"))


def test_every_command_that_reads_a_revision_refuses_one_that_is_not_signed(
    publisher: Any, keys: Path
) -> None:
    demand = ("--require-signed", str(keys / "allowed"))
    head = publisher.git("rev-parse", "HEAD")[:12]
    publisher.write("../estate.csv", "account,pack,release\nfirst-customer,hello,1.0.0\n")
    recording = "import ../estate.csv --record"
    for command in ("validate", "plan", "apply", "store rebuild", recording):
        done = publisher.at(NOW, *command.split(), *demand)
        assert (command, done.code) == (command, 1)
        assert f"revision {head} of" in done.err
        assert "is not signed" in done.err
        assert "git commit -S" in done.err
        assert not (publisher.folder / "install-base.db").exists()
    sign(publisher, keys)
    for command in ("validate", "plan", "apply"):
        assert publisher.at(NOW, command, *demand).code == 0


def test_a_refused_revision_is_told_by_status_and_events_in_json_too(
    publisher: Any, keys: Path, fits: Any
) -> None:
    demand = {"RECONCILER_ALLOWED_SIGNERS": str(keys / "allowed")}
    signed = sign(publisher, keys)
    assert publisher.reconciler("apply", "--now", NOW, **demand).code == 0
    unsigned = publisher.commit()
    for command in ("plan", "apply"):
        done = publisher.reconciler(command, "--format", "json", "--now", NOW, **demand)
        fits(command, done.json())
        assert done.code == done.json()["error"]["code"] == 1
        assert unsigned[:12] in done.json()["error"]["message"]
    status = publisher.at(NOW, "status", "--format", "json").json()
    assert status["revision"] == signed
    assert "is not signed" in str(status["last_error"])
    assert "is not signed" in publisher.at(NOW, "status").out
    assert "is not signed" in publisher.at(NOW, "events").out


def test_a_revoked_key_is_refused(publisher: Any, keys: Path) -> None:
    sign(publisher, keys)
    files = ("--require-signed", str(keys / "allowed"), "--revoked-keys", str(keys / "revoked"))
    done = publisher.at(NOW, "apply", *files)
    assert done.code == 1
    assert "a key that was revoked" in done.err


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["--require-signed", "none"], {}, "does not exist"),
        (["--revoked-keys", os.devnull], {}, "--revoked-keys goes with --require-signed"),
        (["--revoked-keys", "publisher.yaml"], {}, "--revoked-keys goes with --require-signed"),
        ([], {"RECONCILER_ALLOWED_SIGNERS": ""}, "RECONCILER_ALLOWED_SIGNERS is set, but empty"),
        ([], {"RECONCILER_REVOKED_KEYS": ""}, "RECONCILER_REVOKED_KEYS is set, but empty"),
    ],
)
def test_a_demand_that_can_not_be_met_is_wrong_usage_and_never_passed_over(
    publisher: Any, words: list[str], environment: dict[str, str], said: str
) -> None:
    done = publisher.reconciler("plan", *words, **environment)
    assert done.code == 64
    assert said in done.err


def test_a_working_tree_has_no_signature(publisher: Any, keys: Path) -> None:
    files = ("--require-signed", str(keys / "allowed"))
    done = publisher.reconciler("validate", "--worktree", *files)
    assert done.code == 64
    assert "a working tree has no signature" in done.err
    variable = {"RECONCILER_ALLOWED_SIGNERS": str(keys / "allowed")}
    assert publisher.reconciler("validate", "--worktree", **variable).code == 0
