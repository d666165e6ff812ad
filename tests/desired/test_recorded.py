"""Which release a new one follows, and what counts as edited."""

import pytest

from reconciler.desired.lifecycle import Lifecycle
from reconciler.desired.recorded import edits_between, release_before
from reconciler.model.declarations import Release


def _life(*effective: str, pending: str | None = None) -> Lifecycle:
    return Lifecycle(
        current=effective[-1] if effective else None,
        pending=pending,
        effective=effective,
        testing=() if pending is None else (pending,),
        superseded=(),
    )


@pytest.mark.parametrize(
    ("version", "now", "base", "expected"),
    [
        ("1.0.0", _life("1.0.0"), None, None),
        ("1.0.0", _life(pending="1.0.0"), None, None),
        ("1.1.0", _life("1.0.0", "1.1.0"), _life("1.0.0"), "1.0.0"),
        ("1.1.0", _life("1.0.0", pending="1.1.0"), _life("1.0.0"), "1.0.0"),
        ("1.2.0", _life("1.0.0", "1.2.0"), _life("1.0.0", "1.1.0"), "1.1.0"),
        ("1.2.0", _life("1.0.0", pending="1.2.0"), _life("1.0.0", "1.1.0"), "1.0.0"),
        ("1.2.0", _life("1.1.0", "1.2.0", "1.3.0"), _life("1.0.0"), "1.1.0"),
        ("0.9.0", _life("0.9.0", "1.0.0"), _life("1.0.0"), None),
        ("1.2.0", _life(pending="1.2.0"), _life("1.1.0"), "1.1.0"),
        ("1.10.0", _life("1.9.0", "1.10.0"), _life("1.9.0"), "1.9.0"),
    ],
)
def test_a_new_release_follows_what_runs_when_it_starts(
    version: str, now: Lifecycle, base: Lifecycle | None, expected: str | None
) -> None:
    assert release_before(version, now, base) == expected


def _release(**fields: object) -> Release:
    known: dict[str, object] = {"pack": "orders", "version": "1.0.0", "components": {"a": "1"}}
    return Release(**{**known, **fields})  # type: ignore[arg-type]


def test_the_order_of_removes_and_components_is_no_edit() -> None:
    before = _release(components={"a": "1", "b": "2"}, removes=("x", "y"))
    after = _release(components={"b": "2", "a": "1"}, removes=("y", "x"))
    assert not list(edits_between(before, after))


def test_each_field_that_differs_is_an_edit() -> None:
    after = _release(
        components={"b": "2"},
        removes=("a",),
        date_text="2026-12-01",
        emergency=True,
        notes="New.",
        regression="report.xml",
    )
    assert [edit.text for edit in edits_between(_release(), after)] == [
        "a 1 → not there",
        "b not there → 2",
        "removes nothing → a",
        "schedule immediate → 2026-12-01",
        "emergency false → true",
        "other notes",
        "another assessment",
    ]
