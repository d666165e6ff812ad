"""README, tutorial and guides are typed as a reader would, and print what the pages show.

RECONCILER_WRITE_GOLDENS=1 writes what was printed into the pages, for review with git diff.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).parents[2]
REHEARSAL = "docs/how-to/rehearse.md"
TUTORIAL = "docs/tutorial.md"
IMPORTING = "docs/import.md"
GUIDES = sorted(path.relative_to(TOP).as_posix() for path in (TOP / "docs/how-to").glob("*.md"))


def _hold(typed: Any) -> None:
    assert typed.steps
    assert typed.wrong_codes() == {}
    if os.environ.get("RECONCILER_WRITE_GOLDENS"):
        typed.write()
        pytest.skip("the page was written")
    assert typed.wrong_outputs() == {}
    assert typed.mixed_ids() == []


def test_the_tour_of_the_readme(type_page: Callable[..., Any]) -> None:
    _hold(type_page("README.md"))


def test_the_tutorial_by_the_clock_of_today(type_page: Callable[..., Any]) -> None:
    _hold(type_page(TUTORIAL, real_clock=True))


def test_the_page_on_importing(type_page: Callable[..., Any]) -> None:
    _hold(type_page(IMPORTING))


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_typed_after_its_rehearsal_is_prepared(
    type_page: Callable[..., Any], guide: str
) -> None:
    _hold(type_page(guide, after=() if guide == REHEARSAL else (REHEARSAL,)))


def test_no_other_page_shows_commands_with_output_that_nobody_typed() -> None:
    typed = {"README.md", TUTORIAL, IMPORTING, *GUIDES}
    pages = (path.relative_to(TOP) for path in (*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")))
    assert [
        path.as_posix()
        for path in pages
        if path.as_posix() not in typed and "```console" in (TOP / path).read_text("utf-8")
    ] == []
