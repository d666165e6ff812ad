"""A Chromium on this machine, for the tests and pictures of the pages; never one of our own.

`python -m demo.chromium` says where it is, or how to install it; with --install that is done, where
apt-get is there and the user is root.
"""

import os
import shutil
import subprocess
import sys

VARIABLE = "RECONCILER_CHROMIUM"
# A browser for tests: it never talks to anybody but the server that it is sent to.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Chromium's sandbox can't be made by root, as whom containers run.
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu")


class NoChromium(Exception):
    """There is none; the message says how to get one."""


def chromium() -> str:
    """The program's path: what RECONCILER_CHROMIUM says, else of that name. Raises NoChromium."""
    said = os.environ.get(VARIABLE)
    found = next(filter(None, map(shutil.which, (said,) if said else _NAMES)), None)
    if found is not None:
        return found
    looked = f"{VARIABLE}={said} is no program" if said else f"no {', '.join(_NAMES)} in PATH"
    raise NoChromium(
        f"the pages are tested in Chromium, and there is none: {looked}.\n"
        "Install it (as root: make chromium, or apt-get install chromium),"
        f" or set {VARIABLE} to the path of one."
    )


def install() -> None:
    """Installs Debian's. Raises NoChromium where that is not for us to do."""
    try:
        chromium()
    except NoChromium:
        if os.geteuid() != 0 or shutil.which(_INSTALL[0]) is None:
            raise
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in ((_INSTALL[0], "update", "--quiet"), _INSTALL):
            subprocess.run(command, env=environment, stdout=sys.stderr, check=True)


def main(arguments: list[str]) -> int:
    """Prints the path; 1 when there is none, or it could not be installed."""
    try:
        if arguments == ["--install"]:
            install()
        print(chromium())
    except (NoChromium, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
