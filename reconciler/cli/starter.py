"""Starter files, a time zone and a package -> the files of a publisher repository."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDER = _PACKAGE / "starter"
_README = "README.md"
_ACTION = ".github/actions/reconciler/action.yml"


class Ci(StrEnum):
    """Who checks pull requests and reconciles; each has a folder of starter files."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


def files(time_zone: str, ci: Ci, package: str) -> Mapping[str, str]:
    """Path below the folder -> content; publisher.yaml comes first.

    `time_zone` is an IANA name; `package` is what pip installs in CI, with a version.
    """
    from reconciler.manifests.schemas import schema_files

    found = dict(_files(_FOLDER / "repository"))
    if ci is not Ci.NONE:
        of_ci = dict(_files(_FOLDER / ci))
        found |= {**of_ci, _README: found[_README] + of_ci[_README]}
    if ci is Ci.GITHUB:
        found[_ACTION] = _action()
    by_marker = {"TIME_ZONE": time_zone, "PACKAGE_REQUIREMENT": package}
    for path, text in found.items():
        for marker, value in by_marker.items():
            text = text.replace(marker, value)
        found[path] = text
    found |= {f".schemas/{name}": text for name, text in schema_files().items()}
    return {"publisher.yaml": found.pop("publisher.yaml"), **found}


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")


def _action() -> str:
    """Installed, it lies with the other files for GitHub; in a checkout, at the top."""
    installed = _FOLDER / Ci.GITHUB / _ACTION
    path = installed if installed.is_file() else _PACKAGE.parent / "action.yml"
    return path.read_text(encoding="utf-8")
