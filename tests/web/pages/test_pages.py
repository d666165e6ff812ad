"""What publishers see: pages of a real server, read as a browser reads them."""

import json
import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from reconciler.web.navigation import PUBLISHER_PAGES
from reconciler.web.route import Access
from reconciler.web.routes import ROUTES

# Every page of publishers, with something in it.
PATHS = {
    "/": "/",
    "/packs/{pack}": "/packs/stock-levels",
    "/packs/{pack}/attachments": "/packs/stock-levels/attachments",
    "/packs/{pack}/releases/{version}": "/packs/stock-levels/releases/2.1.0",
    "/accounts": "/accounts",
    "/groups": "/groups",
    "/groups/{group}": "/groups/retail",
    "/calendar": "/calendar?month=2026-12",
    "/rollouts": "/rollouts",
    "/events": "/events",
    "/why": "/why?account=globex&pack=stock-levels",
}
EVERY = (
    *PATHS.values(),
    "/?q=nothing-is-called-so",
    "/?show=pending",
    "/packs/evil",
    "/packs/evil/releases/1.0.0",
    "/packs/evil/attachments",
    "/groups/evil",
    "/calendar?month=2031-01",
    "/events?kind=account-adopt&pack=stock-levels&account=globex&since=2026-11-24",
    "/why?account=mallory&pack=evil",
)


def test_every_page_of_publishers_is_looked_at_here() -> None:
    pages = {
        route.path
        for route in ROUTES
        if route.page and route.access is Access.PUBLISHER and route.method == "GET"
    }
    assert pages - {"/rollouts/stream"} <= set(PATHS)


@pytest.mark.parametrize("path", EVERY)
def test_a_page_says_what_it_is_and_its_parts_have_names(site: Any, path: str) -> None:
    page = site.page(path)
    assert page.one("html").attributes["lang"] == "en"
    assert page.all("title")[0].text.strip()
    assert page.one("h1").text.strip()
    assert page.one("main").attributes["id"] == "main"
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids)), "ids are unique"
    for element in page.elements:
        for attribute in ("aria-labelledby", "aria-describedby"):
            named = (element.attributes.get(attribute) or "").split()
            assert set(named) <= set(ids), element
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(head.attributes.get("scope") for head in page.all("th"))
    labelled = {label.attributes.get("for") for label in page.all("label")}
    for control in page.all("input") + page.all("select"):
        if control.attributes.get("type") != "hidden":
            assert control.attributes["id"] in labelled
    for drawing in page.all("svg"):
        if "svg" not in drawing.inside:
            assert drawing.attributes.get("aria-hidden") or drawing.attributes.get("aria-label")


@pytest.mark.parametrize("path", EVERY)
def test_a_page_has_neither_script_nor_style_of_its_own(site: Any, path: str) -> None:
    page = site.page(path)
    assert [script.attributes["src"] for script in page.all("script")] == ["/static/script.js"]
    assert page.one("script").text == ""
    assert page.all("style") == []
    for element in page.elements:
        assert "style" not in element.attributes, element
        assert not [name for name in element.attributes if name.startswith("on")], element


@pytest.mark.parametrize("path", EVERY)
def test_what_was_written_to_do_harm_is_shown_as_it_was_written(site: Any, path: str) -> None:
    page = site.page(path)
    assert "\u202e" not in page.markup
    for element in page.all("a"):
        target = element.attributes["href"] or ""
        assert re.match(r"/|#main$|https?://|mailto:", target), target
        assert not target.startswith("//")
    if path.startswith("/packs/evil") and "attachments" not in path:
        assert "<script>alert" in page.text
        assert "\\u202ereversed" in page.text


def test_every_link_of_ours_leads_somewhere(site: Any) -> None:
    links = set()
    for path in EVERY:
        links |= {link.attributes["href"].partition("#")[0] for link in site.page(path).all("a")}
    of_accounts = {link for link in links if link.startswith("/accounts/")}
    for link in sorted(link for link in links - of_accounts if link.startswith("/")):
        assert site.reply(link).status == 200, link


def test_the_navigation_says_where_one_is(site: Any) -> None:
    for path, _ in PUBLISHER_PAGES:
        here = [
            link.attributes["href"]
            for link in site.page(path).all("a")
            if link.attributes.get("aria-current") == "page" and "nav" in link.inside
        ]
        assert here == [path]


def test_the_packs_page_tells_what_comes_and_who_adopted_it(site: Any) -> None:
    text = site.page("/").text
    assert "stock-levels Stock levels 2.0.0 2.1.0 in 3 days Tue 1 Dec 05:00 UTC 2 / 4" in text
    assert "1 held" in text


def test_packs_are_found_by_a_part_of_their_name(site: Any) -> None:
    def names(path: str) -> list[str]:
        heads = [e for e in site.page(path).all("th") if e.attributes.get("scope") == "row"]
        return [head.text.split()[0] for head in heads]

    assert names("/?q=STOCK") == ["stock-levels"]
    assert names("/?q=o&show=pending") == ["stock-levels"]
    assert names("/?q=%25") == names("/?q=_") == names("/?q=%5C") == []
    assert names("/?after=order-to-cash") == ["partner-api", "stock-levels"]
    assert names("/accounts?q=ta") == ["massive", "stark"][1:]


def test_a_pack_shows_its_testing_period_and_who_lacks_a_value(site: Any) -> None:
    text = site.page("/packs/stock-levels").text
    assert "2.1.0 becomes current for everybody in 3 days" in text
    assert "the publisher's Tue 1 Dec 00:00–01:00 New York" in text
    assert "2 attachments of 4 adopted it early" in text
    assert "1 attachment will miss a value that 2.1.0 needs: warehouse-api.region (1)" in text
    assert "2.1.0 (pending) 2 50 %" in text


def test_a_release_says_what_differs_from_the_one_before(site: Any) -> None:
    text = site.page("/packs/stock-levels/releases/2.1.0").text
    assert "Compared with 2.0.0" in text
    assert "stock-sync 2.1 process from 2.0 new setting: warehouse-api.region" in text


def test_a_release_of_published_processes_knows_them(site: Any) -> None:
    told = site.page("/packs/invoices/releases/3.1.0").text
    assert "dunning 15 process" in told
    assert "not declared any more" not in told


def test_the_calendar_has_the_window_on_its_day_in_the_publishers_zone(site: Any) -> None:
    page = site.page("/calendar?month=2026-12")
    (day,) = [cell for cell in page.all("td") if cell.text.split()[:2] == ["1", "stock-levels"]]
    assert "2.1.0 becomes current" in day.text
    assert "Tue 1 Dec 05:00 UTC Tue 1 Dec 00:00 New York" in page.text


def test_the_calendar_is_there_as_a_file_too(site: Any) -> None:
    found = site.reply("/calendar?month=2026-12&format=ics")
    assert found.headers["content-type"].startswith("text/calendar")
    assert "SUMMARY:stock-levels 2.1.0 becomes current" in found.body.decode().replace("\r\n ", "")


def test_events_are_filtered_by_all_that_is_asked_for(site: Any) -> None:
    def kinds(query: str) -> list[str]:
        page = site.page(f"/events?{query}")
        return [e.text for e in page.all("a") if "badge" in (e.attributes.get("class") or "")]

    assert kinds("kind=account-adopt") == ["account-adopt"]
    assert kinds("account=globex&since=2026-11-24") == ["token-created", "account-adopt"]
    assert kinds("account=globex&since=2026-11-25") == ["token-created"]
    assert set(kinds("pack=stock-levels")) == {"account-adopt", "install", "schedule", "release"}
    assert site.reply("/events?since=yesterday").status == 400
    assert site.reply("/events?since=0001-01-01").status == 200


def test_events_go_on_where_the_page_before_ended(site: Any) -> None:
    first = site.page("/events")
    numbers = [e.attributes["id"] for e in first.all("li") if "id" in e.attributes]
    before = int(numbers[3].removeprefix("event-"))
    rest = site.page(f"/events?before={before}")
    assert [e.attributes["id"] for e in rest.all("li") if "id" in e.attributes] == numbers[4:]


def test_why_answers_in_the_words_of_the_command(site: Any) -> None:
    text = site.page("/why?account=globex&pack=stock-levels").text
    assert "globex runs stock-levels (paris) 2.1.0" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("account=nobody&pack=stock-levels", 'there is no account "nobody"'),
        ("account=globex&pack=nothing", 'there is no pack "nothing"'),
    ],
)
def test_why_says_beside_the_field_what_does_not_exist(site: Any, query: str, said: str) -> None:
    page = site.page(f"/why?{query}", status=404)
    (wrong,) = [e for e in page.all("input") if e.attributes.get("aria-invalid") == "true"]
    (told,) = [
        e for e in page.elements if e.attributes.get("id") == wrong.attributes["aria-describedby"]
    ]
    assert told.text == said


@pytest.mark.parametrize(
    "path",
    [
        "/packs/nothing",
        "/packs/stock-levels/releases/9.9.9",
        "/groups/nothing",
        "/packs/%3Cb%3E",
        "/packs/stock-levels/attachments?after=nobody/stock-levels",
    ],
)
def test_what_does_not_exist_is_a_page_that_says_so(site: Any, path: str) -> None:
    page = site.page(path, status=404)
    assert page.one("h1").text == "There is no such thing"
    if "after" not in path:
        assert "There is nothing here, or nothing that you may see." in page.text


def test_an_account_sees_none_of_these_pages(site: Any) -> None:
    for path in PATHS.values():
        if path != "/":
            assert site.reply(path, "account").status == 403


def test_the_first_page_of_an_account_is_its_own(site: Any) -> None:
    """Every page's head leads there, and every page that says that something is not there."""
    found = site.reply("/", "account")
    assert (found.status, found.headers["location"]) == (303, "/accounts/globex")


def test_what_comes_to_a_held_attachment_comes_when_its_hold_ends(site: Any) -> None:
    ends = "when it is not held any more, Thu 10 Dec 06:00 Zurich"
    overview = site.page("/accounts/wonka").text
    assert f"2.0.0 → 2.1.0 Comes {ends} in 12 days" in overview
    held = site.page("/accounts/wonka/attachments/stock-levels:production").text
    assert f"Comes next 2.1.0 {ends} Slot – it comes later than to others" in held


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(site: Any) -> None:
    found = site.server.get("/why?account=globex&pack=stock-levels")
    assert found.status == 303
    assert found.headers["location"].startswith("/sign-in?next=%2Fwhy%3Faccount%3Dglobex")


def test_the_choice_of_dark_or_light_is_in_the_page(site: Any) -> None:
    def root(cookie: str) -> Any:
        headers = {"Cookie": cookie, "Authorization": f"Bearer {site.tokens['publisher-viewer']}"}
        body = site.server.ask("GET", "/", headers=headers).body.decode()
        return body[body.index("<html") : body.index("<head")]

    assert 'data-theme="dark"' in root("a=b; theme=dark")
    assert "data-theme" not in root('theme="><script>')
    assert "data-theme" not in root("other-theme=dark")


def test_the_newest_refusal_stands_above_the_packs(site: Any) -> None:
    with closing(sqlite3.connect(site.store_file)) as file, file:
        file.execute(
            "INSERT INTO refusal (revision, reason, message, at)"
            " VALUES ('51c0de2000', 'invalid', '<b>2 errors</b>', '2026-11-27T14:00:00.000000Z')"
        )
    page = site.page("/")
    assert "Revision 51c0de2 was refused" in page.text
    assert "<b>2 errors</b>" in page.text


def test_a_roll_out_under_way_is_told_of_in_the_page_and_in_the_stream(site: Any) -> None:
    with closing(sqlite3.connect(site.store_file)) as file, file:
        file.execute("UPDATE applied SET settled = 0, passed_at = '2026-11-23T15:00:00.000000Z'")
        file.execute(
            "UPDATE attachment SET release_id = (SELECT id FROM release WHERE version = '1.3.0')"
            " WHERE account_id IN (SELECT id FROM account WHERE name IN ('acme', 'globex'))"
            " AND pack_id = (SELECT id FROM pack WHERE name = 'order-to-cash')"
        )
    content = _content_of_stream(site, "5 of 7 attachments")
    assert "2 attachments to go" in content
    assert "5 of 7 attachments" in site.page("/rollouts").text
    assert "under way" in site.page("/").text


def _content_of_stream(site: Any, wanted: str) -> str:
    """The first event of the stream with these words in it, as EventSource would give it."""
    import http.client
    from urllib.parse import urlsplit

    host = urlsplit(site.server.address)
    with closing(http.client.HTTPConnection(host.hostname, host.port, timeout=60)) as connection:
        token = site.tokens["publisher-viewer"]
        connection.request("GET", "/rollouts/stream", headers={"Authorization": f"Bearer {token}"})
        found = connection.getresponse()
        assert found.headers["content-type"].startswith("text/event-stream")
        lines: list[str] = []
        while True:
            line = found.readline().decode().rstrip("\n")
            if line.startswith("data: "):
                lines.append(line.removeprefix("data: "))
            elif lines and not line:
                content, lines = "\n".join(lines), []
                if wanted in content:
                    return content


def test_whoever_watches_does_not_keep_the_server_from_ending(site: Any) -> None:
    import http.client
    from urllib.parse import urlsplit

    host = urlsplit(site.server.address)
    with closing(http.client.HTTPConnection(host.hostname, host.port, timeout=60)) as connection:
        token = site.tokens["publisher-viewer"]
        connection.request("GET", "/rollouts/stream", headers={"Authorization": f"Bearer {token}"})
        found = connection.getresponse()
        assert found.readline()
        said = site.server.stop()
        found.read()
    assert site.server.process.returncode == 0
    assert "graceful" not in json.dumps(said)
