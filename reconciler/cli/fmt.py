"""`reconciler fmt`: the manifests of a working copy -> the same in their one form."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

_SUFFIXES = (".yaml", ".yml")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--repo",
    type=click.Path(path_type=Path),
    help="The publisher root.  [default: where you are, or PATHS if it is one]",
)
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if a file is in another form.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(paths: tuple[Path, ...], repo: Path | None, check: bool, diff: bool) -> int:
    """Bring manifests into their one form, comments kept.

    PATHS are files and folders; without any, all manifests below the publisher root, the folder
    that holds publisher.yaml. Fields come in the order of their schema, indented by two spaces,
    and only what some program would read as something else is quoted. What a manifest says never
    changes: a file for which that can't be proved is left as it is. Files that are no manifests,
    that lie outside the root or in dot-folders, and links are passed over. Exits 3 when a file
    can't be read as YAML.

    \b
    Examples:
      reconciler fmt
      reconciler fmt --check
      reconciler fmt --diff packs releases/order-to-cash/1.5.0.yaml
    """
    from reconciler.cli import output
    from reconciler.manifests.format import verdicts
    from reconciler.manifests.parts import UNREADABLE
    from reconciler.report.escape import terminal
    from reconciler.report.words import counted

    root = _root(repo, paths)
    files = sorted(set(_files(root, paths)))
    changed, unreadable = 0, False
    for file, found in zip(files, verdicts(map(_read, files), len(files)), strict=True):
        if found is None:
            continue
        name = terminal(os.path.relpath(file))
        if isinstance(found, str):
            unreadable = unreadable or found == UNREADABLE
            output.note(f"{name} is left as it is: it {found}")
            continue
        changed += 1
        if diff:
            output.write(_difference(name, _read(file), found))
        elif not check:
            _replace(file, found)
        if not diff:
            output.write(f"{'would reformat' if check else 'reformatted'} {name}\n")
    done = "would be reformatted" if check or diff else "reformatted"
    summary = f"{changed:,} of {counted(len(files), 'file')} {done}."
    if diff:
        output.note(summary)
    else:
        output.write(f"{summary}\n")
    if unreadable:
        output.note("reconciler validate --worktree says what can't be read, and why")
    return 1 if changed and check else 3 if unreadable else 0


def _root(named: Path | None, paths: tuple[Path, ...]) -> Path:
    from reconciler.errors import SourceError

    alone = paths[0] if len(paths) == 1 and (paths[0] / "publisher.yaml").is_file() else Path()
    repo = alone if named is None else named
    if not (repo / "publisher.yaml").is_file():
        raise SourceError(
            f"there is no publisher.yaml in {repo}",
            "name the folder that has it with --repo, or start one with reconciler init",
        )
    return repo.resolve()


def _files(root: Path, paths: tuple[Path, ...]) -> Iterator[Path]:
    """Whatever has a manifest's name, below the paths that lie below the root."""
    from reconciler.errors import ReconcilerError

    for path in paths or (root,):
        if not path.exists() and not path.is_symlink():
            raise ReconcilerError(f"there is no {path}", "paths are relative to where you are")
        whole = path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()
        if whole != root and not whole.is_relative_to(root):
            if not root.is_relative_to(whole):
                continue
            whole = root
        if any(part.startswith(".") for part in whole.relative_to(root).parts):
            continue
        if whole.is_symlink():
            continue
        yield from _below(whole) if whole.is_dir() else _named((whole,))


def _below(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from _named(Path(where, name) for name in names if name.endswith(_SUFFIXES))


def _named(files: Iterable[Path]) -> Iterator[Path]:
    for file in files:
        visible = file.name.endswith(_SUFFIXES) and not file.name.startswith(".")
        if visible and file.is_file() and not file.is_symlink():
            yield file


def _read(file: Path) -> bytes:
    from reconciler.errors import ReconcilerError

    try:
        return file.read_bytes()
    except OSError as error:
        raise ReconcilerError(f"cannot read {file}: {error.strerror}") from error


def _replace(file: Path, content: bytes) -> None:
    from reconciler.cli.files import replace
    from reconciler.errors import ReconcilerError

    try:
        replace(file, content)
    except OSError as error:
        raise ReconcilerError(f"cannot write {file}: {error.strerror}") from error


def _difference(name: str, before: bytes, after: bytes) -> str:
    from difflib import unified_diff

    from reconciler.report.escape import terminal

    def lines(content: bytes) -> list[str]:
        return [terminal(line) for line in content.decode("utf-8").split("\n")]

    found = unified_diff(lines(before), lines(after), name, f"{name} (formatted)", lineterm="")
    return "".join(f"{line}\n" for line in found)
