"""`make demo`: a folder of its own -> the story, played in it by the real program."""

import io
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from demo.stage import Stage, StoryError
from demo.story import SCENES


def main(out: TextIO) -> int:
    """Plays all scenes; returns 1 when a step does not do what the story says."""
    with tempfile.TemporaryDirectory(prefix="larkfield-") as folder:
        stage = Stage(Path(folder), out)
        try:
            for play in SCENES:
                play(stage)
        except StoryError as error:
            print(f"\nThe story says: {error}", file=sys.stderr)
            return 1
    print(
        "\nThat was all of it: the same program, the same commands, a clock of our own.", file=out
    )
    return 0


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without UTF-8 shows escapes
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.stdout))
