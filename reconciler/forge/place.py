"""A CI's environment, and what was typed -> the request to comment on, and with which token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from reconciler.errors import ReconcilerError, UsageError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PULL_REF = re.compile(r"refs/pull/([0-9]+)/")
_NUMBER = re.compile(r"[0-9]{1,18}")
_GITHUB_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_GITLAB_PROJECT = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_TOKEN = re.compile(r"[!-~]+")


class Forge(StrEnum):
    """The sites that the program can comment on."""

    GITHUB = "github"
    GITLAB = "gitlab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A pull or merge request. `api_url` of GitHub is that of GraphQL, of GitLab that of v4."""

    forge: Forge
    api_url: str
    repository: str
    number: int
    token: str = field(repr=False)
    is_job_token: bool = False


def place(
    environment: Mapping[str, str],
    *,
    forge: Forge | None = None,
    repository: str | None = None,
    number: int | None = None,
    api_url: str | None = None,
) -> Place:
    """What was not given is taken from the variables that the CI sets.

    Raises UsageError when it can't be known which request is meant or the address is not safe,
    ReconcilerError when there is no token.
    """
    known = forge or _running_on(environment)
    if known is Forge.GITHUB:
        return _github(environment, repository, number, api_url)
    return _gitlab(environment, repository, number, api_url)


def _running_on(environment: Mapping[str, str]) -> Forge:
    if environment.get("GITHUB_ACTIONS") == "true":
        return Forge.GITHUB
    if environment.get("GITLAB_CI"):
        return Forge.GITLAB
    raise UsageError("which forge holds the request?", "say --github or --gitlab")


def _github(
    environment: Mapping[str, str], repository: str | None, number: int | None, api_url: str | None
) -> Place:
    found = _PULL_REF.match(environment.get("GITHUB_REF", ""))
    return Place(
        forge=Forge.GITHUB,
        api_url=_safe(
            api_url or environment.get("GITHUB_GRAPHQL_URL") or "https://api.github.com/graphql"
        ),
        repository=_repository(
            repository or environment.get("GITHUB_REPOSITORY"), _GITHUB_REPOSITORY, "OWNER/NAME"
        ),
        number=_number(number, found.group(1) if found else ""),
        token=_token(environment, "GITHUB_TOKEN"),
    )


def _gitlab(
    environment: Mapping[str, str], repository: str | None, number: int | None, api_url: str | None
) -> Place:
    project = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or environment.get("CI_PROJECT_ID")
    own = bool(environment.get("GITLAB_TOKEN")) or not environment.get("CI_JOB_TOKEN")
    return Place(
        forge=Forge.GITLAB,
        api_url=_safe(api_url or environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"),
        repository=_repository(repository or project, _GITLAB_PROJECT, "GROUP/PROJECT"),
        number=_number(number, environment.get("CI_MERGE_REQUEST_IID", "")),
        token=_token(environment, "GITLAB_TOKEN" if own else "CI_JOB_TOKEN"),
        is_job_token=not own,
    )


def _repository(name: str | None, form: re.Pattern[str], words: str) -> str:
    if not name:
        raise UsageError("which repository holds the request?", f"say --repository {words}")
    if not form.fullmatch(name):
        raise UsageError(f"{name!r} is no {words}")
    return name


def _number(given: int | None, text: str) -> int:
    if given is not None:
        return given
    if not _NUMBER.fullmatch(text):
        raise UsageError(
            "which request is meant? This is no pipeline of a pull or merge request.",
            "say --number N",
        )
    return int(text)


def _token(environment: Mapping[str, str], variable: str) -> str:
    token = environment.get(variable, "").strip()
    if not token:
        raise ReconcilerError(f"{variable} is not set", "the token is taken from there alone")
    if not _TOKEN.fullmatch(token):
        raise ReconcilerError(f"{variable} holds no token", "look for line breaks and blanks in it")
    return token


def _safe(url: str) -> str:
    """The address without a slash at its end; the token is not sent in the clear."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username is not None or parts.query or parts.fragment:
        raise UsageError(f"{url!r} is no address of an API")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise UsageError(f"{url!r} would carry the token in the clear", "use https")
    return url.rstrip("/")
