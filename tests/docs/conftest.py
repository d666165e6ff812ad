"""Pages with commands -> the same pages with what the commands print, typed as a reader would.

A `console` block holds commands after a dollar sign, with lines that go on after `>`, and what each
prints. A `yaml` block that begins with a comment that is a path is a file that the reader writes.
All blocks of a page, and of those that it starts from, are typed into one shell.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(?P<language>console|yaml)\n(?P<body>.*?)^```$", re.M | re.S)
_COMMAND = re.compile(r"^\$ (?P<command>.*(?:\n> .*)*)\n?(?P<shown>(?:(?!\$ ).*\n)*)", re.M)
_FILE = re.compile(r"^# (?P<path>[\w./-]+\.ya?ml)\n")
_EXITS = re.compile(r"#\s*exits (\d+)$")
# What differs from machine to machine and from day to day: how long it took, ids of commits.
_ID = re.compile(r"\b[0-9a-f]{6,40}\b")
_VARYING = (
    (re.compile(r"(under )?\b\d+\.\d s\b"), "0.0 s"),
    (_ID, "0000000"),
)
# Beside these, on a page that is typed without --now: what the clock says.
_CLOCK = (
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z"), "2026-01-01T00:00:00Z"),
    (
        re.compile(r"\b[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}( \d{4})?( \d\d:\d\d(:\d\d)?)?"),
        "Sun 1 Jan",
    ),
    (re.compile(r"\bin \d+ (days|h|min|s)\b"), "in 0 days"),
)
_MARK = "\x1e"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command with the output that the page shows for it."""

    command: str
    shown: str

    @property
    def code(self) -> int:
        found = _EXITS.search(self.command)
        return int(found.group(1)) if found else 0

    @property
    def typed(self) -> str:
        return self.command.replace("\n> ", "\n")


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A page, and the exit code and output of each of its steps."""

    page: Path
    steps: list[Step]
    results: list[tuple[int, str]]
    real_clock: bool

    def wrong_codes(self) -> dict[str, tuple[int, int, str]]:
        """Command -> the code that the page tells, the one that it gave, and what it printed."""
        return {
            step.command: (step.code, code, printed)
            for step, (code, printed) in zip(self.steps, self.results, strict=True)
            if step.code != code
        }

    def wrong_outputs(self) -> dict[str, tuple[str, str]]:
        """Command -> what the page shows, and what it printed."""
        return {
            step.command: (step.shown, printed)
            for step, (_, printed) in zip(self.steps, self.results, strict=True)
            if not self._alike(step.shown, printed)
        }

    def mixed_ids(self) -> list[tuple[str, set[str]]]:
        """Ids that are not one for one: on the page one, printed several, or the other way."""
        printed: dict[str, set[str]] = defaultdict(set)
        shown: dict[str, set[str]] = defaultdict(set)
        for step, (_, output) in zip(self.steps, self.results, strict=True):
            for there, here in zip(_ID.findall(step.shown), _ID.findall(output), strict=False):
                printed[there[:6]].add(here[:6])
                shown[here[:6]].add(there[:6])
        return [pair for pair in (*printed.items(), *shown.items()) if len(pair[1]) > 1]

    def write(self) -> None:
        """Puts all that was printed into the page if anything is not alike: ids are to agree."""
        if not self.wrong_outputs() and not self.mixed_ids():
            return
        left = iter(zip(self.steps, self.results, strict=True))

        def block(match: re.Match[str]) -> str:
            texts = []
            for step in _steps(match):
                _, (_, output) = next(left)
                texts.append(f"$ {step.command}\n" + (f"{output}\n" if output else ""))
            if match["language"] != "console":
                return match.group()
            return f"```console\n{''.join(texts)}```"

        text = self.page.read_text(encoding="utf-8")
        self.page.write_text(_BLOCK.sub(block, text), encoding="utf-8")

    def _alike(self, shown: str, printed: str) -> bool:
        masks = (*_CLOCK, *_VARYING) if self.real_clock else _VARYING
        for pattern, same in masks:
            shown, printed = pattern.sub(same, shown), pattern.sub(same, printed)
        return shown == printed


@pytest.fixture
def type_page(tmp_path: Path) -> Callable[..., Typed]:
    """Types a page below the top of the repository, after the pages that it starts from."""

    def typed(path: str, *, after: tuple[str, ...] = (), real_clock: bool = False) -> Typed:
        checkout = tmp_path / "checkout"
        shutil.copytree(TOP / "example-repo", checkout / "example-repo")
        before = [step for other in after for step in steps_of(TOP / other)]
        steps = steps_of(TOP / path)
        results = _run([*before, *steps], checkout)
        return Typed(
            page=TOP / path,
            steps=steps,
            results=results[len(before) :],
            real_clock=real_clock,
        )

    return typed


def steps_of(page: Path) -> list[Step]:
    """All steps of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [step for block in _BLOCK.finditer(text) for step in _steps(block)]


def _steps(block: re.Match[str]) -> Iterator[Step]:
    if block["language"] == "console":
        for found in _COMMAND.finditer(block["body"]):
            yield Step(command=found["command"], shown=found["shown"].strip("\n"))
    elif file := _FILE.match(block["body"]):
        path = Path(file["path"])
        writing = f"mkdir -p {path.parent} && cat > {path} <<'END'\n{block['body']}END"
        yield Step(command=writing, shown="")


def _run(steps: list[Step], checkout: Path) -> list[tuple[int, str]]:
    """Exit code and output of each command, all typed into one shell."""
    lines = []
    for step in steps:
        lines.append(f"{{ {step.typed}\n}} 2>&1")
        lines.append(f"printf '\\n{_MARK}%s{_MARK}\\n' $?")
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
    parts = done.stdout.split(_MARK)
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
