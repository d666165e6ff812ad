"""Edits -> files below a folder: each whole or not at all, and all of them or none."""

import contextlib
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.model.branches import Edits


def write_all(root: Path, edits: "Edits", new: Collection[str] = ()) -> None:
    """Writes and deletes files below the root, all or none; `new` ones replace nothing.

    Raises ReconcilerError.
    """
    with contextlib.ExitStack() as undo:
        for path, content in edits.items():
            _put(root, path, content, undo, is_new=path in new)
        undo.pop_all()


def create(root: Path, path: str, text: str) -> None:
    """Writes a new file below the root, whole or not at all; one that exists is never replaced."""
    _put(root, path, text.encode("utf-8"), None, is_new=True)


def create_all(root: Path, texts: Mapping[str, str]) -> None:
    """Writes new files below the root, all of them or none; none that exists is replaced."""
    for path in texts:
        if (root / path).exists():
            raise ReconcilerError(f"{root / path} exists already", "move it away first")
    write_all(root, {path: text.encode("utf-8") for path, text in texts.items()}, texts)


def _put(
    root: Path, path: str, content: bytes | None, undo: contextlib.ExitStack | None, *, is_new: bool
) -> None:
    """Writes or deletes one file; what it was before comes back if anything after it fails."""
    target = root / path
    done: list[Path] = []
    try:
        if not target.parent.resolve().is_relative_to(root.resolve()):
            raise ReconcilerError(
                f"{target} is not below {root}", "a symbolic link leads out of it"
            )
        before = target.read_bytes() if not is_new and target.exists() else None
        if content is not None:
            _make_folder(target.parent, undo)
        # Told before it is done: Ctrl-C comes where it likes, inside of open(), too.
        done.append(target)
        if undo is not None:
            undo.callback(_restore, done, before)
        if content is None:
            target.unlink()
        elif before is None:
            _add(target, content)
        else:
            replace(target, content)
    except FileExistsError:
        done.clear()  # it is somebody else's
        raise ReconcilerError(f"{target} exists already", "move it away first") from None
    except OSError as error:
        raise ReconcilerError(
            f"cannot write {target}: {error.strerror}",
            "check the permissions of its folder, and the free space",
        ) from error


def _make_folder(folder: Path, undo: contextlib.ExitStack | None) -> None:
    """Makes a folder and those above it; they go again with what is in them."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, undo)
    if undo is not None:
        undo.callback(_remove_if_empty, folder)
    folder.mkdir(exist_ok=True)


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _add(target: Path, content: bytes) -> None:
    with target.open("xb") as stream:
        try:
            stream.write(content)
            stream.flush()
        except BaseException:
            with contextlib.suppress(OSError):
                target.unlink()
            raise


def replace(target: Path, content: bytes) -> None:
    """Writes a file that exists whole or not at all, and keeps who may do what with it.

    Raises OSError.
    """
    with tempfile.NamedTemporaryFile(
        dir=target.parent, prefix=f".{target.name}-", delete=False
    ) as stream:
        partial = Path(stream.name)
        try:
            stream.write(content)
            stream.flush()
            partial.chmod(target.stat().st_mode & 0o7777)
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise


def _restore(done: Sequence[Path], before: bytes | None) -> None:
    """What was done to a file, if anything was, is undone."""
    for target in done:
        with contextlib.suppress(OSError):
            if before is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(before)
