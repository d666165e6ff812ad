"""Holds what a reader meets: files and functions of a readable length, nothing left undone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

CODE_FOLDERS = ("reconciler", "tests", "demo", "benchmarks", "chaos", "replay", "handbook")
TEXT_FOLDERS = (*CODE_FOLDERS, "docs", "schemas", "example-repo")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
PATH_IN_BACKTICKS = re.compile(
    r"`([\w.-]+(?:/[\w.-]+)*/|[\w.-]+(?:/[\w.-]+)*\.(?:json|md|py|sql|toml|yaml|yml))`"
)


def _code() -> list[Path]:
    return [path for folder in CODE_FOLDERS for path in sorted((TOP / folder).rglob("*.py"))]


def _texts() -> Iterator[tuple[Path, str]]:
    files = [path for folder in TEXT_FOLDERS for path in sorted((TOP / folder).rglob("*"))]
    for path in (*sorted(TOP.glob("*.*")), *files):
        if not path.is_file() or "__pycache__" in path.parts:
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in _code()}
    too_long = {str(path): length for path, length in lengths.items() if length > LONGEST_FILE}
    assert too_long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{path.relative_to(TOP)}:{node.lineno}: {node.name}"
        for path in _code()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_modules_classes_and_functions_that_others_use_say_what_they_are() -> None:
    silent = []
    for path in sorted((TOP / "reconciler").rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        public = [
            node
            for node in module.body
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
        ]
        silent += [
            f"{path.relative_to(TOP)}: {getattr(node, 'name', 'the module')}"
            for node in (module, *public)
            if not ast.get_docstring(node)
        ]
    assert silent == []


def test_nothing_is_marked_as_left_undone() -> None:
    marked = [str(path.relative_to(TOP)) for path, text in _texts() if UNFINISHED.search(text)]
    assert marked == []


def test_every_path_that_the_architecture_names_exists() -> None:
    named = PATH_IN_BACKTICKS.findall((TOP / "ARCHITECTURE.md").read_text(encoding="utf-8"))
    assert named, "ARCHITECTURE.md names no path"
    missing = [
        name
        for name in named
        if not (TOP / name).exists() and not (TOP / "reconciler" / name).exists()
    ]
    assert missing == []
