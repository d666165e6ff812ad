"""Whether merging is safe, as the sign before the verdict, and the banners below it."""

from dataclasses import replace
from typing import Any

import pytest

from reconciler.errors import InvalidRevision, RefusedByLimit, SourceError
from reconciler.model.declarations import Kind
from reconciler.model.findings import Severity
from reconciler.model.outcome import PlanBase
from reconciler.report.plan import markdown, text
from reconciler.report.plan.merging import Merging, merging

BASE = "5" * 40
OTHER = "6" * 40


@pytest.fixture
def safe(values: Any) -> Any:
    """A release that nobody has to worry about."""
    return values.outcome(values.change("release", before="1", after="2", release="2"))


def test_green_only_if_nothing_has_to_be_looked_at(values: Any, safe: Any) -> None:
    assert merging(safe) is Merging.SAFE
    known = values.finding(rule="extension-missing", severity=Severity.WARNING, new=False)
    guide = values.finding(rule="support-documentation", severity=Severity.WARNING)
    assert merging(replace(safe, findings=(known, guide))) is Merging.SAFE


@pytest.mark.parametrize("error", [InvalidRevision("2 errors"), SourceError("no such commit")])
def test_what_apply_would_refuse_is_refused(safe: Any, error: Exception) -> None:
    assert merging(replace(safe, error=error)) is Merging.REFUSED
    assert markdown.render(replace(safe, error=error)).splitlines()[2].startswith("⛔ **")


def test_destruction_missing_values_and_a_rewind_ask_for_care(values: Any, safe: Any) -> None:
    destroyed = values.outcome(values.change("delete", kind=Kind.INTEGRATION_PACK))
    missing = values.finding(rule="extension-missing", severity=Severity.WARNING)
    for outcome in (
        destroyed,
        values.outcome(descends=False),
        replace(safe, findings=(missing,)),
        replace(safe, findings=(replace(missing, new=True),)),
    ):
        assert merging(outcome) is Merging.CAREFUL


def test_what_was_counted_from_manifests_only_says_so(safe: Any) -> None:
    told = PlanBase(revision=BASE, in_force=None, has_store=False)
    outcome = replace(safe, base=replace(safe.base, store_id=None), plan_base=told)
    assert merging(outcome) is Merging.CAREFUL
    line = "Counted from manifests only: no install base was given."
    assert f"\n! {line}\n" in text.render(outcome, "x.db")
    assert f"\n> {line}\n" in markdown.render(outcome)
    assert f"\n> {line}\n" in markdown.render(replace(outcome, plan_base=None))


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (
            PlanBase(revision=BASE, in_force=OTHER, has_store=True),
            "The base 5555555 is not what the install base has applied: that has 6666666 in force.",
        ),
        (
            PlanBase(revision=BASE, in_force=None, has_store=True),
            "The base 5555555 is not what the install base has applied: that has nothing in force.",
        ),
        (
            PlanBase(
                revision=BASE,
                in_force=OTHER,
                has_store=True,
                trouble="it has 1 error",
                is_supposed=False,
            ),
            "The base 5555555 would be refused itself (it has 1 error);"
            " this is compared with the install base as it is.",
        ),
        (
            PlanBase(revision=BASE, in_force=BASE, has_store=True, trouble="over a limit"),
            "The base 5555555 would be refused itself: over a limit.",
        ),
    ],
)
def test_a_base_that_the_store_does_not_have_is_told(
    safe: Any, told: PlanBase, sentence: str
) -> None:
    outcome = replace(safe, plan_base=told)
    assert merging(outcome) is Merging.CAREFUL
    assert f"\n! {sentence}\n" in text.render(outcome, "x.db")
    shown = markdown.render(outcome).replace("\\", "")
    assert f"\n> {sentence}\n" in shown


def test_the_base_that_the_store_has_needs_no_banner(safe: Any) -> None:
    told = PlanBase(revision=BASE, in_force=BASE, has_store=True)
    assert merging(replace(safe, plan_base=told)) is Merging.SAFE
    assert "> " not in markdown.render(replace(safe, plan_base=told)).split("|")[0]


def test_nothing_makes_a_comment_too_long(values: Any) -> None:
    """A character may have four bytes: GitHub counts the characters."""
    long = "\U0001f4a5&" * 5_000
    members = tuple(f"account-{n:06}/orders" for n in range(100_000))
    told = PlanBase(revision=BASE, in_force=OTHER, has_store=True, trouble=long, is_supposed=False)
    outcome = values.outcome(
        values.change("uninstall", attachments=100_000, members=members, reason=long),
        *(values.change("rollback", f"pack-{n}", release="1", reason=long) for n in range(999)),
        *(values.change("release", f"pack-{n}", release="1") for n in range(999)),
        waiting=tuple(values.waiting("release", f"w-{n}", reason=long) for n in range(999)),
        findings=tuple(values.finding(long, hint=long, path=long) for _ in range(99)),
        error=RefusedByLimit(long, long),
        plan_base=told,
    )
    shown = markdown.render(outcome, "k" * 100)
    assert len(shown) <= 60_000
    assert shown.rstrip().endswith("</sub>")


def test_a_key_tells_comments_apart(safe: Any) -> None:
    marked = markdown.render(safe, "emea/packs")
    assert marked.splitlines()[0] == "<!-- reconciler-plan: emea/packs -->"
