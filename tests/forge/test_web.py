"""What a server may not do to the one who asks: answer without an end, or never."""

from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.forge import web
from reconciler.forge.comments import post
from reconciler.forge.place import Forge, place

PAGE = "<!-- reconciler-plan -->\n"


def posted(site: Any) -> Any:
    return post(
        place(
            {"GITHUB_TOKEN": "bot-token"},
            forge=Forge.GITHUB,
            repository="acme/packs",
            number=12,
            api_url=f"{site.url}/graphql",
        ),
        PAGE,
    )


def test_an_answer_without_an_end_is_cut_off(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.say(2, *("x" * 10_000 for _ in range(30)))
    monkeypatch.setattr(web, "BYTES", 1 << 18)
    with pytest.raises(ReconcilerError, match="answers with more than 0 MiB"):
        posted(site)


def test_a_server_that_never_answers_is_given_up(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.silent = True
    monkeypatch.setattr(web, "SECONDS", 0.2)
    with pytest.raises(ReconcilerError, match="did not answer within"):
        posted(site)


def test_a_place_shows_no_token() -> None:
    found = place({"GITHUB_TOKEN": "s3cret"}, forge=Forge.GITHUB, repository="a/b", number=1)
    assert "s3cret" not in repr(found)
