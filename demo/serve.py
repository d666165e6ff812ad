"""`make serve-demo`: an autumn at Larkfield, served until Ctrl-C, with tokens to sign in."""

import io
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from demo import scenery
from demo.server import served
from demo.stage import Stage, StoryError

ACCOUNT = "initech"
# A name, its role, and the account of the role account.
_TOKENS = (
    ("release desk", "publisher-admin", None),
    ("support", "publisher-viewer", None),
    ("initech it", "account", ACCOUNT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """An install base in a folder, and the tokens for it, by role."""

    stage: Stage
    tokens: dict[str, str]

    def in_folder(self, folder: Path) -> "Seeded":
        """The same in another folder, to which everything was copied."""
        stage = Stage(folder, io.StringIO())
        stage.now = self.stage.now
        return Seeded(stage=stage, tokens=self.tokens)


def seeded(folder: Path) -> Seeded:
    """Plays the scenery in the folder, without a word. Raises StoryError."""
    stage = Stage(folder, io.StringIO())
    for play in scenery.SCENES:
        play(stage)
    stage.now = scenery.NOW
    tokens = {role: stage.token(name, role, account) for name, role, account in _TOKENS}
    return Seeded(stage=stage, tokens=tokens)


def main(out: TextIO) -> int:
    """Serves until it is interrupted; 1 when it can't."""
    text = os.environ.get("PORT", "8080")
    if not (text.isascii() and text.isdecimal() and int(text) < 1 << 16):
        print(f"PORT is a number up to 65535, not {text!r}.", file=sys.stderr)
        return 1
    port = int(text)
    signal.signal(signal.SIGTERM, _interrupted)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="larkfield-") as folder:
        try:
            print("Larkfield releases from September to November …", file=out, flush=True)
            install_base = seeded(Path(folder))
            took = time.monotonic() - began
            print(f"Its install base is there, after {took:.0f} s.\n", file=out)
            with served(install_base.stage, sys.stderr, port) as (server, address):
                _invite(install_base, address, out)
                server.join()
        except StoryError as error:
            print(f"This did not work: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nEverything is taken away again.", file=out)
    return 0


def _invite(install_base: Seeded, address: str, out: TextIO) -> None:
    rows = [
        ("all of Larkfield", install_base.tokens["publisher-admin"]),
        ("the same, to look only", install_base.tokens["publisher-viewer"]),
        (f"the account {ACCOUNT}", install_base.tokens["account"]),
    ]
    print(f"Open {address} and sign in with one of these tokens:\n", file=out)
    for who, token in rows:
        print(f"  {who:24}{token}", file=out)
    print(f"\nIt is {scenery.NOW} there, and stays so. Ctrl-C ends it.", file=out, flush=True)


def _interrupted(number: int, frame: object) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.stdout))
