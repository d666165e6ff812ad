"""What of impacts stands in plans and comments, and that nothing in them acts."""

import html
import re
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.model.contrast import ComponentContrast, Contrast
from reconciler.model.declarations import ExtensionSetting, Kind
from reconciler.model.impact import (
    AccountGap,
    Assessment,
    EarlyAdopters,
    EnvironmentHit,
    Few,
    FreezeSpan,
    GroupHit,
    Hit,
    MissingValue,
    Timing,
    VersionNotes,
    ZoneHit,
)
from reconciler.report import page
from reconciler.report.impact import markdown as impact_markdown
from reconciler.report.impact import text as impact_text
from reconciler.report.plan import markdown, text


def test_adopters_accounts_and_their_clocks_are_told(values: Any) -> None:
    zones = tuple(
        ZoneHit(zone=zone, starts_at=values.window.opens_at, in_working_day=False, hit=Hit())
        for zone in ("America/New_York", "Pacific/Auckland")
    )
    lost = EarlyAdopters(release="1.1.0", hit=Hit(attachments=1, accounts=1), keep=False)
    outcome = values.outcome(
        values.change("release", before="1.0.0", after="1.2.0", release="1.2.0", attachments=2),
        values.change("supersede", before="1.1.0", release="1.1.0"),
        values.change("schedule", "stock", before="1.0.0", after="2.0.0", release="2.0.0",
                      attachments=2, window=values.window),
        impacts=(
            values.impact("orders", "1.2.0", hit=Hit(attachments=2, accounts=2), adopters=lost),
            values.impact("stock", "2.0.0", timing=Timing.WINDOW, window=values.window,
                          starts_at=values.window.opens_at, hit=Hit(attachments=2, accounts=1),
                          zones=Few(items=zones)),
        ),
    )  # fmt: skip
    assert "2 attachments  1 of them an early adopter of 1.1.0" in text.render(outcome, "x.db")
    told = markdown.render(outcome)
    assert told.splitlines()[2].startswith(
        "✅ **Releases orders 1.2.0 to 2 attachments in 2 accounts as soon as this is merged;"
        " ends the testing period of orders 1.1.0; schedules stock 2.0.0"
    )
    assert "| on merge | on merge | on merge | 2 | 2 | 1 of 1.1.0, which ends |" in told
    assert "| Tue 1 Dec 00:00 to Tue 1 Dec 18:00 | 1 | 2 | 0 |" in told


def test_who_runs_a_release_already_is_counted_in_a_dated_change_and_apart_in_another(
    values: Any,
) -> None:
    for number, told in ((1, "1 of them runs it already"), (2, "2 of them run it already")):
        keep = EarlyAdopters(release="1.1.0", hit=Hit(attachments=number, accounts=1), keep=True)
        changed = {"before": "1.0.0", "after": "1.1.0", "release": "1.1.0", "attachments": 4}
        impacts = (values.impact("orders", "1.1.0", adopters=keep),)
        dated = values.change("schedule", window=values.window, **changed)
        assert f"4 attachments  {told}" in text.render(
            values.outcome(dated, impacts=impacts), "x.db"
        )
        due = values.change("promote", **changed)
        assert f"4 attachments  {told.replace('of them', 'more')}" in text.render(
            values.outcome(due, impacts=impacts), "x.db"
        )


def test_only_a_release_comes_after_its_window_not_the_upgrade_of_one_who_is_behind(
    values: Any,
) -> None:
    versions = {"before": "1.0.0", "after": "1.1.0", "attachments": 1, "late": True}
    late = values.outcome(values.change("promote", release="1.1.0", **versions))
    assert "now, after its window" in text.render(late, "x.db")
    behind = values.outcome(values.change("upgrade", kind=Kind.ATTACHMENT, **versions))
    assert "1.0.0 → 1.1.0  now  1 attachment" in text.render(behind, "x.db")


def test_the_one_change_is_not_all_changes(values: Any) -> None:
    change = values.change("release", before="1.0.0", after="1.1.0", release="1.1.0")
    assert "<summary>The change</summary>" in markdown.render(values.outcome(change))
    assert "<summary>All 2 changes</summary>" in markdown.render(values.outcome(change, change))


def test_an_environment_that_is_called_what_it_is_is_named_once(values: Any) -> None:
    hit = Hit(attachments=1, accounts=1)
    names = (("production", "production"), ("eu", "production"), ("old", None))
    found = Few(items=tuple(
        EnvironmentHit(environment=name, classification=kind, hit=hit) for name, kind in names
    ))  # fmt: skip
    impact = values.impact("orders", "1.1.0", hit=hit, environments=found)
    shown = impact_text.render(impact, ZoneInfo("UTC"), values.now)
    told = shown.split("By environment")[1].splitlines()[1:4]
    names_told = [line.split("  1 attachment")[0].strip() for line in told]
    assert names_told == ["production", "eu (production)", "old (not declared)"]


EVIL = (
    "</details> </table>\n| x | @all #12 !7 GH-3 ![i](http://x.example/i.png) <img src=x>`\x1b[31m"
)


def test_names_notes_and_paths_of_an_impact_do_not_act(values: Any) -> None:
    component = ComponentContrast(component=EVIL, before="1", after="2")
    freeze = FreezeSpan(
        name=EVIL, reason=EVIL, since=values.now, until=values.window.opens_at, holds=True
    )
    setting = ExtensionSetting(type="string", required=True)
    hit = Hit(attachments=1, accounts=1)
    evil = values.impact(
        EVIL,
        "1.1.0",
        notes=EVIL,
        path=EVIL,
        hit=hit,
        waits=EVIL,
        adopters=EarlyAdopters(release=EVIL, hit=hit, keep=False),
        groups=Few(items=(GroupHit(group=EVIL, hit=hit),)),
        environments=Few(items=(EnvironmentHit(environment=EVIL, classification="test", hit=hit),)),
        missing=(MissingValue(name=(EVIL, EVIL), setting=setting, is_new=True, hit=hit),),
        gaps=Few(items=(AccountGap(account=EVIL, names=((EVIL, EVIL),)),)),
        contrast=Contrast(pack=EVIL, before="1.0.0", after="1.1.0", components=(component,)),
        version_notes={EVIL: (VersionNotes(version="2", notes=EVIL),)},
        freezes=Few(items=(freeze,)),
        assessment=Assessment(impact=EVIL, regression=EVIL, trouble=EVIL),
    )
    release = values.change("release", EVIL, before="1.0.0", after="1.1.0", release="1.1.0")
    outcome = values.outcome(release, impacts=(evil,))
    zone = ZoneInfo("America/New_York")
    for link in (None, "https://git.example/"):
        for told in (
            markdown.render(outcome, links=page.Links(link)),
            impact_markdown.render(evil, zone, values.now, page.Links(link)),
        ):
            assert told.count("<details>") == told.count("</details>") == told.count("\n</details>")
            assert not re.search(r"</table|<img|!\[|http://|\x1b", told)
            shown = html.unescape(re.sub(r"\]\(https://git\.example/[^)\s]*\)", "]", told))
            assert not re.search(r"@\w|#\d|!\d|GH-\d|://", shown)
            rows = [line for line in told.splitlines() if line.startswith("|")]
            assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    for said in (text.render(outcome, "x.db"), impact_text.render(evil, zone, values.now)):
        assert "\x1b" not in said
        assert "\n| x |" not in said


def test_many_releases_with_many_gaps_stay_below_the_limit(values: Any) -> None:
    hit = Hit(attachments=5_000, accounts=5_000)
    setting = ExtensionSetting(type="string", required=True)
    gaps = tuple(AccountGap(account=f"account-{n}", names=(("erp", "url"),)) for n in range(1000))
    missing = MissingValue(name=("erp", "url"), setting=setting, is_new=True, hit=hit)
    found = [
        values.impact(f"pack-{n}", "1.1.0", hit=hit, missing=(missing,),
                      gaps=Few(items=gaps, more=4_000))
        for n in range(300)
    ]  # fmt: skip
    changes = [
        values.change("release", one.pack, before="1.0.0", after="1.1.0", release="1.1.0")
        for one in found
    ]
    for number in (1, 300):
        told = markdown.render(values.outcome(*changes[:number], impacts=tuple(found[:number])))
        assert len(told) <= page.MOST_CHARACTERS
        assert told.count("<details>") == told.count("</details>")
        assert "### What accounts have to fill in for pack-0 1.1.0" in told
        assert "### Waiting" not in told
    assert "280 more releases ask for values that accounts miss." in told
