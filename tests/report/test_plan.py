"""The outcome of a plan or a pass in every format."""

import re
from datetime import timedelta
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.errors import InvalidRevision, RefusedByLimit, StalePlan
from reconciler.model.changes import Gate
from reconciler.model.declarations import Kind
from reconciler.model.impact import (
    Hit,
    Timing,
)
from reconciler.report import page
from reconciler.report.plan import json as as_json
from reconciler.report.plan import markdown, text, verdict


def sample(values: Any) -> Any:
    release = values.change(
        "release", before="1.4.0", after="1.5.1", release="1.5.1", attachments=1204
    )
    schedule = values.change(
        "schedule",
        "stock",
        before="2.0.0",
        after="2.1.0",
        release="2.1.0",
        attachments=288,
        window=values.window,
    )
    uninstall = values.change(
        "uninstall",
        "returns",
        kind=Kind.ATTACHMENT,
        before="1.0.0",
        attachments=1,
        reason="account initech left group retail",
        members=("initech/returns",),
    )
    create = values.change("create", "acme", kind=Kind.MANAGED_ACCOUNT, after="ab12")
    waiting = values.waiting(
        "release",
        "invoices",
        before="3.1.0",
        after="3.2.0",
        release="3.2.0",
        attachments=96,
        reason='freeze "black friday"',
        until=values.window.opens_at,
    )
    impact = values.impact(
        "stock",
        "2.1.0",
        before="2.0.0",
        timing=Timing.WINDOW,
        window=values.window,
        hit=Hit(attachments=288, accounts=120),
    )
    return values.outcome(
        release,
        schedule,
        create,
        uninstall,
        waiting=(waiting,),
        run="r1",
        moved=1205,
        impacts=(impact,),
    )


def test_text_tells_what_to_whom_and_when(values: Any) -> None:
    told = text.render(sample(values), "install-base.db")
    lines = told.splitlines()
    assert lines[0] == (
        "Plan 7f3c1a for revision 9e1b2d4 against install-base.db, Sun 22 Nov 2026 15:04 New York"
    )
    assert "Tue 1 Dec 00:00–01:00 New York = 05:00–06:00 UTC  288 attachments" in told
    assert "account initech left group retail  ! destructive" in told
    assert "      initech/returns" in lines
    assert 'held by freeze "black friday"' in told
    assert "until Tue 1 Dec 00:00 New York" in told
    assert "  create 1 ManagedAccount: acme" in lines
    assert lines[-1] == (
        "1,204 attachments change now, 288 are scheduled, 1 is uninstalled, 96 wait."
        " Nothing was changed."
    )


def test_a_plan_without_changes_says_that_there_is_nothing_to_do(values: Any) -> None:
    told = text.render(values.outcome(), "x.db")
    assert told.splitlines()[-1] == "Nothing to do: 9e1b2d4 changes nothing."


def test_a_rewind_and_a_refusal_come_first(values: Any) -> None:
    rewound = text.render(values.outcome(descends=False), "x.db").splitlines()[1]
    assert rewound.startswith("! This revision does not descend from the applied one 51c0de2")
    refused = values.outcome(error=RefusedByLimit("over the limit", "acknowledge it"))
    assert "! Refused: over the limit" in text.render(refused, "x.db")


def test_an_invalid_revision_has_no_plan_and_names_the_command_to_run(values: Any) -> None:
    outcome = values.outcome(
        plan=None, findings=(values.finding(),), error=InvalidRevision("1 error")
    )
    assert text.render(outcome, "x.db") == (
        "Revision 9e1b2d4 would be refused: 1 error (reconciler validate --revision 9e1b2d4).\n"
    )


def test_what_is_due_without_a_refused_revision_is_not_called_its_plan(values: Any) -> None:
    refused = InvalidRevision("revision 51c0de2 has 2 errors", "validate")
    outcome = values.outcome(error=refused, revision="51c0de2" + "0" * 33)
    told = text.render(outcome, "x.db").splitlines()
    assert told[0].startswith("Plan 7f3c1a of what is due under 9e1b2d4 against x.db, ")
    assert told[-1] == "Nothing is due under 9e1b2d4."
    assert "of what is due under `9e1b2d4` against" in markdown.render(outcome)


def test_json_fits_its_schemas(values: Any, output_schema: Any) -> None:
    outcome = sample(values)
    plan = as_json.plan_fields(outcome, values.now)
    Draft202012Validator(output_schema("plan")).validate(plan)
    assert plan["summary"] == {"create": 1, "release": 1, "schedule": 1, "uninstall": 1}
    assert plan["waiting"][0]["until"] == "2026-12-01T05:00:00Z"
    assert [change["destructive"] for change in plan["changes"]] == [False, False, False, True]
    applied = as_json.apply_fields(outcome, values.now)
    Draft202012Validator(output_schema("apply")).validate(applied)
    assert applied["applied"] == {"changes": 4, "attachments": 1205}


def test_json_has_the_same_fields_on_failure(values: Any, output_schema: Any) -> None:
    error = StalePlan("the plan is stale", "make a new one")
    for failed, schema, good in (
        (as_json.failed_plan(error, None), "plan", as_json.plan_fields),
        (as_json.failed_apply(error, values.now), "apply", as_json.apply_fields),
    ):
        Draft202012Validator(output_schema(schema)).validate(failed)
        assert set(failed) == {*good(values.outcome(), values.now), "error"}
        assert failed["error"]["code"] == 5


def test_markdown_gives_the_verdict_below_a_marker_and_fits_a_comment(values: Any) -> None:
    told = markdown.render(sample(values))
    hidden, _, first, *_ = told.splitlines()
    assert hidden == "<!-- reconciler-plan -->"
    assert first.startswith(
        "⚠️ **Releases orders 1.5.1 to 1,204 attachments as soon as this is merged"
    )
    assert "uninstalls 1 attachment" in first
    assert "| schedule | stock | 2.0.0 → 2.1.0 | 2026-12-01 05:00–06:00 |" in told
    assert "### Destructive changes" in told
    assert "### Waiting" in told


def test_a_huge_plan_stays_below_the_limit_and_says_what_was_left_out(values: Any) -> None:
    changes = [
        values.change("create", f"account-{n}", kind=Kind.MANAGED_ACCOUNT) for n in range(9000)
    ]
    gone = [
        values.change("delete", f"pack-{n}", kind=Kind.INTEGRATION_PACK, reason="x" * 900)
        for n in range(500)
    ]
    findings = tuple(values.finding("m" * 5000) for _ in range(200))
    told = markdown.render(values.outcome(*changes, *gone, findings=findings))
    assert len(told) <= page.MOST_CHARACTERS
    assert "more; the output of the command has them all" in told
    assert told.rstrip().endswith("</sub>")


def test_a_verdict_names_what_weighs_most_and_sums_the_others_up(values: Any) -> None:
    moves = {"before": "1.0.0", "after": "2.0.0", "release": "2.0.0"}
    releases = [
        values.change("release", f"p-{n:04}", attachments=n, **moves) for n in range(1, 5_001)
    ]
    back = values.change("rollback", "p-none", before="2.0.0", after="1.0.0", attachments=1)
    gone = values.change("uninstall", "p-gone", kind=Kind.ATTACHMENT, attachments=7)
    told = markdown.render(values.outcome(*releases, back, gone))
    line = told.splitlines()[2]
    assert line.startswith("⚠️ **Rolls back p-none 2.0.0 → 1.0.0 in 1 attachment; releases p-5000")
    more = sum(range(1, 4_998))
    assert line.endswith(
        f"; releases 4,997 more packs for {more:,} attachments; uninstalls 7 attachments.**"
    )
    assert "### Destructive changes: 1 attachment rolled back and 7 uninstalled" in told
    assert told.index("| rollback | p-none |") < told.index("| release | p-5000 |")
    assert len(told) < 60_000


def test_who_is_uninstalled_is_told_however_many_they_are(values: Any) -> None:
    names = tuple(f"account-{n:05}/orders" for n in range(50_000))
    change = values.change(
        "uninstall", kind=Kind.ATTACHMENT, before="1.0.0", attachments=50_000, members=names
    )
    told = markdown.render(values.outcome(change))
    assert "- **uninstall** orders, 50,000 attachments (account-00000/orders, " in told
    assert re.search(r" and 49,\d\d\d more\)\n", told)
    assert len(told) < 60_000


def test_names_in_markdown_do_not_act(values: Any) -> None:
    evil = values.change("delete", "<script>@all](http://x)|`", kind=Kind.INTEGRATION_PACK)
    told = markdown.render(values.outcome(evil))
    assert "<script>" not in told
    assert "@all" not in told
    assert "http://" not in told


def test_the_verdict_of_a_pass_tells_what_was_done_and_what_comes(values: Any) -> None:
    due = values.now + timedelta(days=8, hours=9)
    outcome = sample(values)
    told = verdict.render(outcome, values.now, seconds=0.9)
    assert told == (
        "Applied 9e1b2d4: 1,204 attachments upgraded and 1 uninstalled in 0.9 s, 96 waiting.\n"
    )
    idle = values.outcome(plan=None, next_due=due)
    assert verdict.render(idle, values.now) == (
        "Nothing to do: 9e1b2d4 is applied. Next: Tue 1 Dec 00:04 New York (in 8 days).\n"
    )


def test_the_verdict_of_a_refusal_tells_what_stays_in_force_and_what_was_due(values: Any) -> None:
    outcome = values.outcome(
        revision="51c0de2" + "0" * 33,
        findings=(values.finding(), values.finding()),
        error=InvalidRevision("2 errors"),
        run="r1",
        moved=288,
    )
    assert verdict.render(outcome, values.now) == (
        "Refused 51c0de2: 2 errors (reconciler validate --revision 51c0de2)."
        " 9e1b2d4 stays in force; 288 attachments that were due under it were upgraded.\n"
    )


def test_a_refusal_by_a_limit_is_told_with_its_arithmetic_and_what_waits(values: Any) -> None:
    held = values.change(
        "promote", "invoices", attachments=2, gate=Gate.CONTESTED, reason="disputed"
    )
    outcome = values.outcome(
        waiting=(held,),
        revision="51c0de2" + "0" * 33,
        error=RefusedByLimit("3 of 2 would go; the limit is 2"),
    )
    assert verdict.render(outcome, values.now) == (
        "Refused 51c0de2: 3 of 2 would go; the limit is 2. 9e1b2d4 stays in force, 2 waiting.\n"
    )
    assert "held by disputed" not in text.render(outcome, "x.db")
    assert "held by disputed" not in markdown.render(outcome)


def test_rows_that_no_change_foresaw_are_not_called_upgraded(values: Any) -> None:
    revert = values.change("revert", before="1.1.0", after="1.0.0", attachments=14)
    raced = values.outcome(revert, moved=16, run="r1")
    assert ": 2 attachments moved and 14 taken back to current." in verdict.render(
        raced, values.now
    )
    finished = values.outcome(moved=5, run="r1")
    assert ": 5 attachments moved." in verdict.render(finished, values.now)


def test_a_short_pass_took_under_a_tenth_of_a_second(values: Any) -> None:
    assert " in under 0.1 s, " in verdict.render(sample(values), values.now, seconds=0.04)
