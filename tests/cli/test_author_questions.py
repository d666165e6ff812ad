"""What is left open is asked for on a terminal, and Ctrl-C writes nothing."""

from pathlib import Path
from typing import Any

import pytest

NOW = ("--now", "2026-11-22T15:00:00Z")
PACK = "Which pack (number or name)?"
WHEN = "on which date (YYYY-MM-DD)?"
CTRL_C = "\x03"


@pytest.fixture
def packaged(terminal: Any) -> Any:
    """Hello-api 1.1.0 is packaged, so that there is something to release."""
    words = ("package", "hello-api", "--version", "1.1.0", "--shareable")
    assert terminal.shell.reconciler(*words).code == 0
    terminal.shell.commit()
    return terminal


def releases(terminal: Any) -> list[str]:
    folder: Path = terminal.shell.folder / "releases"
    return sorted(path.name for path in folder.rglob("*.yaml"))


def test_a_release_is_written_from_answers_alone(packaged: Any) -> None:
    done = packaged.types(
        "release",
        *NOW,
        answers=[
            (PACK, "hallo\n"),
            (PACK, "1\n"),
            (WHEN, "2026-11-01\n"),
            (WHEN, "2026-12-08\n"),
            ("Version? [1.1.0]", "0.9.0\n"),
            ("Version? [1.1.0]", "\n"),
            ("Write it? [Y/n]", "y\n"),
        ],
    )
    assert done.code == 0, done.screen
    assert 'did you mean "hello"?' in done.screen
    assert "the window of 2026-11-01 is over in America/New_York" in done.screen
    assert "  window   Tue 8 Dec 00:00–01:00 New York = 05:00–06:00 UTC" in done.screen
    assert "  version  1.1.0 (minor after 1.0.0: hello-api goes from" in done.screen
    assert "0.9.0 is not higher than 1.0.0" in done.screen
    assert "  |   version: 1.1.0" in done.screen
    assert "Wrote releases/hello/1.1.0.yaml" in done.screen
    assert releases(packaged) == ["1.0.0.yaml", "1.1.0.yaml"]


def test_freezes_are_shown_and_refused_when_asked_for_a_date(packaged: Any) -> None:
    publisher = packaged.shell.folder / "publisher.yaml"
    freeze = "{name: sales, from: 2026-11-26, until: 2026-11-30, reason: busy}"
    publisher.write_text(f"{publisher.read_text()}  freezes: [{freeze}]\n")
    done = packaged.types(
        *("release", "hello", "--yes", *NOW),
        answers=[(WHEN, "2026-11-27\n"), (WHEN, "immediate\n"), ("Version?", "\n")],
    )
    assert done.code == 0, done.screen
    assert 'freeze "sales" covers the whole window of 2026-11-27' in done.screen
    assert "Write it?" not in done.screen
    assert "schedule: immediate" in (packaged.shell.folder / "releases/hello/1.1.0.yaml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("question", [PACK, WHEN, "Version?", "Write it?"])
def test_ctrl_c_at_any_question_ends_with_130_and_writes_nothing(
    packaged: Any, question: str
) -> None:
    answers = [(PACK, "hello\n"), (WHEN, "immediate\n"), ("Version?", "\n"), ("Write it?", "y\n")]
    until = [asked for asked, _ in answers].index(question)
    done = packaged.types("release", *NOW, answers=[*answers[:until], (question, CTRL_C)])
    assert done.code == 130, done.screen
    assert "Traceback" not in done.screen
    assert releases(packaged) == ["1.0.0.yaml"]


def test_no_to_the_last_question_writes_nothing(packaged: Any) -> None:
    done = packaged.types(
        *("release", "hello", *NOW),
        answers=[(WHEN, "immediate\n"), ("Version?", "\n"), ("Write it?", "n\n")],
    )
    assert done.code == 1
    assert "nothing was written" in done.screen
    assert releases(packaged) == ["1.0.0.yaml"]


def test_nothing_is_asked_where_everything_is_said(packaged: Any) -> None:
    done = packaged.types("release", "hello", "--immediate", *NOW, answers=[])
    assert done.code == 0
    assert "?" not in done.screen


def test_a_package_is_made_from_answers_with_a_version_proposed(terminal: Any) -> None:
    done = terminal.types(
        "package",
        answers=[
            ("Which component?", "hello-api\n"),
            ("Version? [1.0.1]", "\n"),
            ("May hello-api 1.0.1 be released in packs, for ever? [y/N]", "y\n"),
            ("Write it? [Y/n]", "\n"),
        ],
    )
    assert done.code == 0, done.screen
    assert "hello-api 1.0.1, shareable." in done.screen


def test_a_pending_release_is_chosen_to_be_moved_or_withdrawn(packaged: Any) -> None:
    shell = packaged.shell
    words = ("release", "hello", "--on", "2026-12-08", *NOW)
    assert shell.reconciler(*words).code == 0
    shell.commit()
    done = packaged.types(
        *("reschedule", *NOW),
        answers=[(PACK, "1\n"), (WHEN, "2026-12-15\n"), ("Write it?", "\n")],
    )
    assert done.code == 0, done.screen
    assert "comes Tue 15 Dec" in done.screen
    done = packaged.types("withdraw", *NOW, answers=[(PACK, "hello\n"), ("Withdraw it?", "\n")])
    assert done.code == 0, done.screen
    assert releases(packaged) == ["1.0.0.yaml"]
    done = packaged.types("withdraw", *NOW, answers=[])
    assert done.code == 1
    assert "no pack has a pending release" in done.screen


def test_a_second_pending_release_is_refused_at_the_date_and_its_end_is_shown(
    terminal: Any,
) -> None:
    shell = terminal.shell
    for words in (
        ("package", "hello-api", "--version", "1.1.0", "--shareable"),
        ("release", "hello", "--on", "2026-12-01", "--patch", *NOW),
        ("package", "hello-api", "--version", "1.2.0", "--shareable"),
    ):
        assert shell.reconciler(*words).code == 0
    done = terminal.types(
        *("release", "hello", *NOW),
        answers=[
            (WHEN, "2026-12-08\n"),
            (WHEN, "immediate\n"),
            ("Version? [1.1.0]", "\n"),
            ("Write it? [Y/n]", "y\n"),
        ],
    )
    assert done.code == 0, done.screen
    assert "hello 1.0.1 is pending already" in done.screen
    told = "Ends the testing period of 1.0.1: nobody gets it on 2026-12-01."
    assert done.screen.count(told) == 2


def test_what_a_new_component_is_is_asked_and_odd_names_at_once_refused(terminal: Any) -> None:
    done = terminal.types(
        "package",
        answers=[
            ("Which component?", "Odd Name\n"),
            ("Which component?", "fresh\n"),
            ("Which type (number or name)?", "process\n"),
            ("Version? [1]", "\n"),
            ("for ever? [y/N]", "y\n"),
            ("Write it? [Y/n]", "y\n"),
        ],
    )
    assert done.code == 0, done.screen
    assert '"Odd Name" is not a component name' in done.screen
    assert (terminal.shell.folder / "components/fresh/1/component.yaml").exists()


def test_a_version_that_exists_is_refused_where_it_is_typed(terminal: Any) -> None:
    done = terminal.types(
        *("package", "hello-api"),
        answers=[("Version? [1.0.1]", "1.0.0\n"), ("Version? [1.0.1]", CTRL_C)],
    )
    assert done.code == 130
    assert "hello-api 1.0.0 exists already" in done.screen
