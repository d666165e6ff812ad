"""REPO as typed: which addresses are taken, which are refused, and what is shown of them."""

from pathlib import Path

import pytest

from reconciler.errors import SourceError
from reconciler.source.access import with_access
from reconciler.source.location import LocalLocation, RemoteLocation, parse_location
from reconciler.source.process import Git
from reconciler.source.wording import one_line, reason


@pytest.mark.parametrize(
    ("text", "url", "folder"),
    [
        ("https://git.example/acme.git", "https://git.example/acme.git", ""),
        ("HTTPS://git.example:8443/a/b", "https://git.example:8443/a/b", ""),
        ("https://git.example/acme.git#packs/eu/", "https://git.example/acme.git", "packs/eu"),
        ("ssh://git@git.example:22/acme.git", "ssh://git@git.example:22/acme.git", ""),
        ("git@git.example:acme/packs.git", "git@git.example:acme/packs.git", ""),
        ("git@git.example:acme.git#./eu", "git@git.example:acme.git", "eu"),
        ("file:///srv/acme.git", "file:///srv/acme.git", ""),
        ("file:///srv/acme.git#eu", "file:///srv/acme.git", "eu"),
        ("http://localhost:8080/acme.git", "http://localhost:8080/acme.git", ""),
        ("http://127.0.0.1/acme.git", "http://127.0.0.1/acme.git", ""),
        ("http://[::1]:80/acme.git", "http://[::1]:80/acme.git", ""),
    ],
)
def test_an_allowed_url_is_taken_apart(text: str, url: str, folder: str) -> None:
    place = parse_location(text)
    assert isinstance(place, RemoteLocation)
    assert (place.url, place.folder) == (url, folder)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-x",
        "--upload-pack=touch pwned",
        "ext::sh -c touch% pwned",
        "fd::17",
        "ext://x/y",
        "git://git.example/acme.git",
        "ftp://git.example/acme.git",
        "http://git.example/acme.git",
        "http://localhost.evil.example/acme.git",
        "https://",
        "https:///acme.git",
        "https://git.example",
        "https://git.example/a b",
        "https://git.example:port/a",
        "https://git.example/%0ahost=evil",
        "https://git.example/a\nb",
        "https://-oProxyCommand=touch/x",
        "https://[git.example/x",
        "ssh://-oProxyCommand=touch/x",
        "ssh://-oProxyCommand=x@git.example/x",
        "ssh://git@git.example/-x",
        "ssh://git:secret@git.example/x",
        "-oProxyCommand=touch:x",
        "git@-oProxyCommand=touch:x",
        "git@git.example:-x",
        "file://relative/path",
        "file://host/srv/acme.git",
        "https://git.example/acme.git#../other",
        "https://git.example/acme.git#a%5Cb",
        "a\0b",
        "x" * 5000,
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        parse_location(text)
    assert refused.value.hint
    assert "\n" not in refused.value.message
    assert "secret" not in refused.value.message
    assert len(refused.value.message) < 500


@pytest.mark.parametrize("text", [".", "/srv/acme", "acme.git/sub/folder", "./-x", "a/b:c", "é"])
def test_everything_without_a_transport_is_a_folder(text: str) -> None:
    assert parse_location(text) == LocalLocation(path=Path(text))


def test_a_folder_that_exists_wins_over_an_ssh_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "host:acme").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(parse_location("host:acme"), LocalLocation)
    assert isinstance(parse_location("host:other"), RemoteLocation)


def test_credentials_in_a_url_are_neither_shown_nor_handed_to_git_as_arguments() -> None:
    place = parse_location("https://ann:s3cret@git.example/acme.git#eu")
    assert isinstance(place, RemoteLocation)
    assert place.shown == "https://git.example/acme.git#eu"
    assert "s3cret" not in repr(place)
    git = with_access(Git(folder=Path("/")), place)
    assert "s3cret" not in repr(git)
    assert git.environment["GIT_CONFIG_COUNT"] == "2"
    assert git.environment["GIT_CONFIG_KEY_1"] == "http.https://git.example/.extraHeader"
    assert git.environment["GIT_CONFIG_VALUE_1"] == "Authorization: Basic YW5uOnMzY3JldA=="


def test_the_token_goes_to_https_only_and_after_what_the_environment_configures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RECONCILER_GIT_TOKEN", "t0ken\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    https = parse_location("https://git.example/acme.git")
    ssh = parse_location("git@git.example:acme.git")
    assert isinstance(https, RemoteLocation)
    assert isinstance(ssh, RemoteLocation)
    environment = with_access(Git(folder=Path("/")), https).environment
    assert environment["GIT_CONFIG_COUNT"] == "3"
    assert environment["GIT_CONFIG_VALUE_1"] == ""
    assert environment["GIT_CONFIG_VALUE_2"] == (
        "Authorization: Basic eC1hY2Nlc3MtdG9rZW46dDBrZW4="  # x-access-token:t0ken
    )
    assert not with_access(Git(folder=Path("/")), ssh).environment


def test_a_token_that_would_forge_a_header_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RECONCILER_GIT_TOKEN", "t0ken\r\nHost: evil")
    https = parse_location("https://git.example/acme.git")
    assert isinstance(https, RemoteLocation)
    with pytest.raises(SourceError) as refused:
        with_access(Git(folder=Path("/")), https)
    assert "t0ken" not in f"{refused.value.message} {refused.value.hint}"


def test_text_from_outside_becomes_one_short_line_without_credentials_and_escapes() -> None:
    assert one_line("a\x1b[31m\nb  c") == "a [31m b c"
    assert one_line("at https://ann:pw@git.example/x") == "at https://git.example/x"
    assert (
        one_line("at 'https://git.example/x?token=pw/': no") == "at 'https://git.example/x?…': no"
    )
    assert len(one_line("x" * 1000)) == 300


def test_the_reason_of_a_failure_is_the_line_that_says_it() -> None:
    assert reason("remote: hello\nfatal: repository 'x' not found\n") == "repository 'x' not found"
    assert reason("") == "git gave no reason"
    denied = (
        "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.\n"
    )
    assert reason(denied) == "git@h: Permission denied (publickey)."
