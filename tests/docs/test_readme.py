"""The tour in README.md is run as a reader would type it, and prints what the page shows.

RECONCILER_WRITE_GOLDENS=1 writes what was printed into the page, for review with git diff.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
README = TOP / "README.md"
TOUR = "## A tour in five minutes"

BLOCK = re.compile(r"(?P<fence>```console\n)(?P<body>.*?)(?=```\n)", re.DOTALL)
EXITS = re.compile(r"#\s*exits (\d+)$")
# What differs from machine to machine and from day to day: how long it took, ids of commits.
VARYING = (
    (re.compile(r"(under )?\b\d+\.\d s\b"), "0.0 s"),
    (re.compile(r"\b[0-9a-f]{6,40}\b"), "0000000"),
)
MARK = "\x1e"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command with the output that the page shows for it."""

    command: str
    shown: str

    @property
    def code(self) -> int:
        found = EXITS.search(self.command)
        return int(found.group(1)) if found else 0


def _tour(text: str) -> tuple[str, str, str]:
    """What comes before the tour, the tour, and what comes after it."""
    start = text.index(TOUR)
    end = text.index("\n## ", start + len(TOUR))
    return text[:start], text[start:end], text[end:]


def _steps(block: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Step(command=command, shown=shown.strip("\n"))


def _run(steps: list[Step], checkout: Path) -> list[tuple[int, str]]:
    """Exit code and output of each command, all typed into one shell."""
    lines = []
    for step in steps:
        lines.append(f"{{ {step.command}\n}} 2>&1")
        lines.append(f"printf '\\n{MARK}%s{MARK}\\n' $?")
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=checkout,
        env=_environment(checkout.parent),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == ""
    parts = done.stdout.split(MARK)
    outputs, codes = parts[0:-1:2], parts[1::2]
    lines_ = (re.sub(r" +$", "", output, flags=re.MULTILINE) for output in outputs)
    return [(int(code), out.strip("\n")) for code, out in zip(codes, lines_, strict=True)]


def _environment(folder: Path) -> dict[str, str]:
    (folder / "bin").mkdir()
    command = folder / "bin" / "reconciler"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reconciler "$@"\n')
    command.chmod(0o755)
    who = {"NAME": "Larkfield release desk", "EMAIL": "releases@larkfield.example"}
    named = {f"GIT_{role}_{key}": v for role in ("AUTHOR", "COMMITTER") for key, v in who.items()}
    return {
        **named,
        "GIT_AUTHOR_DATE": "2026-11-23T10:00:00-05:00",
        "GIT_COMMITTER_DATE": "2026-11-23T10:00:00-05:00",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(TOP),
        "RECONCILER_ACTOR": "you",
    }


def _alike(text: str) -> str:
    for pattern, same in VARYING:
        text = pattern.sub(same, text)
    return text


def test_the_tour_does_and_prints_what_the_page_says(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    shutil.copytree(TOP / "example-repo", checkout / "example-repo")
    before, tour, after = _tour(README.read_text(encoding="utf-8"))
    steps = [step for block in BLOCK.finditer(tour) for step in _steps(block["body"])]
    assert steps
    results = _run(steps, checkout)
    codes = {
        step.command: (step.code, code) for step, (code, _) in zip(steps, results, strict=True)
    }
    assert {command: pair for command, pair in codes.items() if pair[0] != pair[1]} == {}
    if os.environ.get("RECONCILER_WRITE_GOLDENS"):
        README.write_text(before + _written(tour, results) + after, encoding="utf-8")
        pytest.skip("the page was written")
    for step, (_, printed) in zip(steps, results, strict=True):
        assert _alike(printed) == _alike(step.shown), (
            f"the page shows other output of {step.command}"
        )


def _written(tour: str, results: list[tuple[int, str]]) -> str:
    left = iter(results)

    def block(match: re.Match[str]) -> str:
        texts = []
        for step in _steps(match["body"]):
            printed = next(left)[1]
            texts.append(f"$ {step.command}\n" + (f"{printed}\n" if printed else ""))
        return match["fence"] + "".join(texts)

    return BLOCK.sub(block, tour)
