"""`reconciler agent` with words that lead nowhere: it says so, and writes nothing."""

import socket
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runtime"


def test_what_is_not_the_tokens_account_is_told_with_what_to_look_at(
    serving: Any, folder: Path
) -> None:
    code, said = serving.once(folder, "--account", "nobody")
    assert (code, "refuses (404)" in said) == (1, True)
    assert "hint: look whether nobody is the account that the token is for" in said


@pytest.mark.parametrize("option", ["--folder", "--account"])
def test_an_empty_text_is_no_folder_and_no_account(serving: Any, folder: Path, option: str) -> None:
    before = set(serving.root.parent.iterdir())
    code, said = serving.once(folder, option, "")
    assert (code, "hint: reconciler agent --help" in said) == (64, True)
    assert set(serving.root.parent.iterdir()) == before


def test_a_server_that_is_not_there_is_told_in_words(serving: Any, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = serving.once(folder, server=f"http://{address}")
    assert (code, f"cannot reach {address}: Connection refused\n" in said) == (1, True)
