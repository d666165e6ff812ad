"""A plan -> a file, and the file -> the plan again, provided that nobody changed it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.errors import ReconcilerError, StalePlan

_HINT = "make a new one with reconciler plan --out FILE"


def write_text(path: Path, text: str) -> None:
    """Writes the file whole or not at all, but a pipe or a device. Raises ReconcilerError."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            path.write_text(text, encoding="utf-8")
            return
        descriptor, partial = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReconcilerError(f"cannot write {path}: {error.strerror}") from error


def read_plan(path: Path) -> Mapping[str, Any]:
    """The plan in a file. Raises StalePlan when it is none, cut short, or was edited."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise StalePlan(f"{path} is not a whole plan", _HINT) from error
    if not isinstance(found, dict) or not isinstance(found.get("digest"), str):
        raise StalePlan(f"{path} holds no plan that could be applied", _HINT)
    if found.get("error") is not None:
        raise StalePlan(f"{path} holds a plan that was refused when it was made", _HINT)
    if _digest(found) != found["digest"]:
        raise StalePlan(f"{path} was changed: its digest is not that of its changes", _HINT)
    return found


def _digest(found: Mapping[str, Any]) -> str | None:
    from reconciler.model.changes import Action, Change
    from reconciler.model.declarations import Kind
    from reconciler.plan.digest import digest

    try:
        changes = [
            Change(
                action=Action(entry["action"]),
                kind=Kind(entry["kind"]),
                name=entry["name"],
                before=entry["before"],
                after=entry["after"],
                attachments=entry["attachments"],
                members=tuple(entry["members"]),
            )
            for entry in found["changes"]
        ]
        return digest(found["store"], found["revision"], changes)
    except (KeyError, TypeError, ValueError):
        return None
