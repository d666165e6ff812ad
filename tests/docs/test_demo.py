"""The demo plays its whole story with the real program, and notices when a step fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.stage import Stage, StoryError

TOP = Path(__file__).parents[2]


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
