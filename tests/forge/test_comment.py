"""comment: one comment with the plan, on both forges, whoever else writes and whatever fails."""

from typing import Any

import pytest

MARKER = "<!-- reconciler-plan -->"
PAGE = f"{MARKER}\n✅ **Releases hello 1.0.1.**\n"
NEW = f"{MARKER}\n⛔ **Would be refused.**\n"
BOT, STRANGER = 1, 2


@pytest.fixture(params=["github", "gitlab"])
def ci(request: pytest.FixtureRequest, desk: Any, site: Any) -> Any:
    """A job of either CI, on request 12, with the bot's token."""
    name = request.param
    if name == "github":
        variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_GRAPHQL_URL": f"{site.url}/graphql",
            "GITHUB_REPOSITORY": "acme/packs",
            "GITHUB_REF": "refs/pull/12/merge",
            "GITHUB_TOKEN": "bot-token",
        }
    else:
        variables = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": f"{site.url}/api/v4",
            "CI_PROJECT_ID": "9",
            "CI_MERGE_REQUEST_PROJECT_ID": "4711",
            "CI_MERGE_REQUEST_IID": "12",
            "GITLAB_TOKEN": "bot-token",
            "CI_JOB_TOKEN": "job-token",
        }
    desk.environment |= variables
    desk.token = "GITHUB_TOKEN" if name == "github" else "GITLAB_TOKEN"
    return desk


def comment(ci: Any, page: str = PAGE, *words: str, **more: str) -> Any:
    (ci.folder / "plan.md").write_text(page, encoding="utf-8")
    return ci.reconciler("comment", "plan.md", *words, **more)


def test_a_comment_is_made_once_and_then_edited_in_place(ci: Any, site: Any) -> None:
    site.say(STRANGER, "Looks good.")
    first = comment(ci)
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("Comment on request 12 created")
    assert site.bodies() == [PAGE]
    assert comment(ci, NEW).out.startswith("Comment on request 12 edited")
    assert site.bodies() == [NEW]
    assert site.bodies(STRANGER) == ["Looks good."]


def test_a_comment_that_says_the_same_is_left_alone(ci: Any, site: Any) -> None:
    site.say(BOT, PAGE.replace("\n", "\r\n").rstrip())
    before = site.bodies()
    assert comment(ci).out.startswith("Comment on request 12 unchanged")
    assert site.bodies() == before
    assert not [call for call in site.asked if call.startswith("PUT")]


def test_a_stranger_who_pastes_the_marker_keeps_what_was_written(ci: Any, site: Any) -> None:
    site.say(STRANGER, PAGE)
    assert comment(ci, NEW).out.startswith("Comment on request 12 created")
    assert site.bodies(STRANGER) == [PAGE]
    assert site.bodies() == [NEW]


def test_a_comment_of_ours_that_quotes_the_marker_is_no_plan(ci: Any, site: Any) -> None:
    site.say(BOT, f"> {PAGE}", f"Above: {MARKER}")
    assert comment(ci).out.startswith("Comment on request 12 created")


def test_a_comment_is_found_behind_many_pages_of_others(ci: Any, site: Any) -> None:
    site.say(STRANGER, *(f"No. {number}" for number in range(230)))
    site.say(BOT, PAGE)
    site.say(STRANGER, *(f"No. {number}" for number in range(70)))
    assert comment(ci, NEW).out.startswith("Comment on request 12 edited")
    assert site.bodies() == [NEW]


def test_pages_that_lead_round_in_circles_come_to_an_end(ci: Any, site: Any) -> None:
    site.say(STRANGER, *(f"comment {n}" for n in range(120)))
    site.circling = True
    assert comment(ci).out.startswith("Comment on request 12 created")
    assert len(site.asked) < 10


def test_each_key_has_a_comment_of_its_own(ci: Any, site: Any) -> None:
    east, west = (f"<!-- reconciler-plan: {key} -->\nplan\n" for key in ("east", "emea/w-1.x_y"))
    for page in (east, west, east, PAGE, west):
        assert comment(ci, page).code == 0
    assert site.bodies() == [east, west, PAGE]


def test_what_a_request_is_called_can_be_said_in_words(ci: Any, site: Any) -> None:
    forge = "--github" if ci.token == "GITHUB_TOKEN" else "--gitlab"
    url = site.url + ("/graphql" if forge == "--github" else "/api/v4/")
    for name in (
        "GITHUB_ACTIONS GITHUB_GRAPHQL_URL GITHUB_REPOSITORY GITHUB_REF GITLAB_CI CI_API_V4_URL "
        "CI_PROJECT_ID CI_MERGE_REQUEST_PROJECT_ID CI_MERGE_REQUEST_IID"
    ).split():
        ci.environment.pop(name, None)
    words = (forge, "--repository", "acme/packs", "--number", "12", "--api-url", url)
    assert comment(ci, PAGE, *words).code == 0
    assert site.bodies() == [PAGE]


def test_the_page_can_come_from_stdin(ci: Any, site: Any) -> None:
    (ci.folder / "plan.md").write_text(PAGE, encoding="utf-8")
    done = ci.run("bash", "-c", f"{ci.python} -m reconciler comment - < plan.md")
    assert (done.code, done.err) == (0, "")
    assert site.bodies() == [PAGE]


@pytest.mark.parametrize(
    ("token", "said", "hint"),
    [
        ("unknown-token", "does not know the token", "hint:"),
        ("reader-token", "the token may not comment on request 12 of", "hint:"),
        ("", "is not set", "the token is taken from there alone"),
        ("two\nlines", "holds no token", "line breaks"),
    ],
)
def test_a_token_that_may_not_is_told_what_to_be_granted_and_never_shown(
    ci: Any, site: Any, token: str, said: str, hint: str
) -> None:
    ci.environment.pop("CI_JOB_TOKEN", None)
    done = comment(ci, PAGE, **{ci.token: token})
    assert done.code == 1
    assert said in done.err
    assert hint in done.err
    assert not token or token not in done.out + done.err
    assert site.notes == []


def test_a_request_that_is_not_there_is_named(ci: Any) -> None:
    done = comment(ci, PAGE, "--number", "13")
    assert done.code == 1
    assert "there is no request 13 of" in done.err


def test_a_busy_server_is_asked_again_as_it_says(ci: Any, site: Any) -> None:
    past = {"Retry-After": "Sun, 22 Nov 2026 15:00:00 GMT", "Date": "Sun, 22 Nov 2026 15:00:01 GMT"}
    site.busy = [(429, {"Retry-After": "0"}), (503, past), (403, {"Retry-After": "0"})]
    assert comment(ci).code == 0
    assert site.bodies() == [PAGE]
    site.busy = [(429, {"Retry-After": "0"})] * 4
    done = comment(ci, NEW)
    assert (done.code, site.bodies()) == (1, [PAGE])
    assert "is busy (status 429)" in done.err


def test_a_server_that_asks_for_an_hour_is_not_waited_for(ci: Any, site: Any) -> None:
    site.busy = [(503, {"Retry-After": "3600"})]
    done = comment(ci)
    assert done.code == 1
    assert "asks to wait 3,600 s" in done.err
    assert len(site.asked) == 1
    site.busy = [(503, {"Retry-After": "9" * 5_000})]
    assert "asks to wait 1,000,000,000 s" in comment(ci).err
    beyond = {"Retry-After": "Fri, 31 Dec 99999999999999999999999 23:59:59 GMT"}
    site.busy = [(503, beyond)]
    assert comment(ci).code == 0


def test_a_redirect_is_not_followed_with_the_token(ci: Any, site: Any) -> None:
    site.busy = [(307, {"Location": "https://elsewhere.example/api"})]
    done = comment(ci)
    assert done.code == 1
    assert "leads on to elsewhere.example, where the token is not sent" in done.err
    assert len(site.asked) == 1


def test_a_failure_of_the_server_is_told_without_the_token(ci: Any, site: Any) -> None:
    site.busy = [(500, {})]
    done = comment(ci)
    assert done.code == 1
    assert "(500): no" in done.err
    assert "Traceback" not in done.err


def test_a_server_that_is_not_there_is_told(ci: Any) -> None:
    done = comment(ci, PAGE, "--api-url", "http://127.0.0.1:9/api")
    assert done.code == 1
    assert "cannot reach 127.0.0.1" in done.err


def test_a_page_that_is_no_api_is_told(ci: Any, site: Any) -> None:
    site.busy = [(200, {})]
    done = comment(ci)
    assert done.code == 1
    assert "answers with something else than comments" in done.err


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/graphql",
        "https://user:secret@api.example/",
        "https://api.example/?x=1",
        "ftp://api.example/",
        "https://[::1",
        "api.example",
        "http://127.0.0.1.example/",
    ],
)
def test_the_token_goes_only_to_a_plain_https_address_or_this_machine(ci: Any, url: str) -> None:
    done = comment(ci, PAGE, "--api-url", url)
    assert done.code == 64, done.err


def test_a_file_that_is_no_page_is_refused_before_anything_is_asked(ci: Any, site: Any) -> None:
    assert comment(ci, "# A plan\n").code == 64
    assert comment(ci, "").code == 64
    assert comment(ci, PAGE + "x" * 1_100_000).code == 1
    (ci.folder / "bytes.md").write_bytes(b"\xff\xfe")
    assert ci.reconciler("comment", "bytes.md").code == 1
    assert ci.reconciler("comment", "missing.md").code == 1
    assert site.asked == []


def test_outside_of_a_pipeline_it_says_which_flags_are_missing(desk: Any) -> None:
    (desk.folder / "plan.md").write_text(PAGE, encoding="utf-8")
    for words, flag in (
        ((), "say --github or --gitlab"),
        (("--github",), "--repository OWNER/NAME"),
        (("--github", "--repository", "acme/packs"), "--number N"),
        (("--gitlab", "--repository", "../x y"), "GROUP/PROJECT"),
    ):
        done = desk.reconciler("comment", "plan.md", *words)
        assert done.code == 64
        assert flag in done.err


def test_without_the_library_it_says_how_to_install_it(desk: Any) -> None:
    (desk.folder / "plan.md").write_text(PAGE, encoding="utf-8")
    script = (
        "import sys; sys.modules['aiohttp'] = None; from reconciler.cli.edge import run;"
        "sys.exit(run('comment plan.md --github --repository a/b --number 1'.split()))"
    )
    done = desk.run(desk.python, "-c", script, GITHUB_TOKEN="x")
    assert done.code == 1
    assert "pip install 'integration-pack-reconciler[ci]'" in done.err


def test_a_job_token_is_tried_where_there_is_no_other(desk: Any, site: Any) -> None:
    desk.environment |= {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{site.url}/api/v4",
        "CI_PROJECT_ID": "4711",
        "CI_MERGE_REQUEST_IID": "12",
        "CI_JOB_TOKEN": "bot-token",
    }
    site.say(BOT, PAGE)
    assert comment(desk, NEW).out.startswith("Comment on request 12 edited")
