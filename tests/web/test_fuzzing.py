"""The API as it describes itself, asked by schemathesis with what nobody would think of."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Not asked: what waits for a minute, and what ends the token that is used.
_LEFT_OUT = ("--exclude-operation-id", "desired-bundle", "--exclude-path-regex", "tokens")
# Not checked: whether anything generated finds something (names are few), and whether requests
# without a token are refused (tests/web/test_isolation.py asks every route).
_UNCHECKED = "ignored_auth,positive_data_acceptance,use_after_free,ensure_resource_availability"


@pytest.mark.parametrize("account", [None, "globex"])
def test_answers_are_as_described(estate: Any, tmp_path: Path, account: str | None) -> None:
    server, token = estate.start("--rate-limit", "0"), estate.token(account)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"{server.address}/api/v1/openapi.json",
            *("--header", f"Authorization: Bearer {token}"),
            *("--phases", "examples,fuzzing", "--max-examples", "2", "--seed", "1"),
            *("--checks", "all", "--exclude-checks", _UNCHECKED, *_LEFT_OUT),
            *("--suppress-health-check", "all", "--warnings", "off"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert server.process.poll() is None
