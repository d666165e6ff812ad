"""The demo plays its whole story with the real program, and notices when a step fails."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from demo import scenery
from demo.stage import Stage, StoryError

TOP = Path(__file__).parents[2]
_LAST_LINE = f"It is {scenery.NOW} there, and stays so. Ctrl-C ends it.\n"


def test_the_demo_plays_to_its_end_without_a_terminal_and_without_colour() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "\033" not in done.stdout
    assert "4 attachments that were due under it were upgraded" in done.stdout
    assert done.stdout.rstrip().endswith("a clock of our own.")


def test_a_step_that_does_not_do_what_the_story_says_ends_it(tmp_path: Path) -> None:
    with (tmp_path / "told.txt").open("w", encoding="utf-8") as out:
        stage = Stage(tmp_path, out)
        stage.repository.mkdir()
        with pytest.raises(StoryError, match=r"ends with 0, and it ended with 1"):
            stage.type("status")
    assert "$ reconciler status" in (tmp_path / "told.txt").read_text(encoding="utf-8")


def test_the_served_demo_lets_people_in_with_the_tokens_that_it_prints() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "demo.serve"],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP), "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
        stdin=subprocess.DEVNULL,
    ) as demo:
        assert demo.stdout is not None
        told = list(iter(demo.stdout.readline, _LAST_LINE))
        address = next(line.split()[1] for line in told if line.startswith("Open "))
        tokens = [line.split()[-1] for line in told if " ipr_" in line]
        assert [_role(address, token) for token in tokens] == [
            "publisher-admin",
            "publisher-viewer",
            "account",
        ]
        demo.send_signal(signal.SIGINT)
        assert demo.stdout.read().strip() == "Everything is taken away again."
    assert demo.returncode == 0


def _role(address: str, token: str) -> str:
    asked = urllib.request.Request(
        f"{address}/api/v1/me", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return str(json.load(answer)["role"])


@pytest.mark.parametrize("port", ["", "abc", "65536", "²"])
def test_a_port_that_is_none_is_said_to_be(port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demo.serve"],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP), "PORT": port},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert done.stderr == f"PORT is a number up to 65535, not {port!r}.\n"
