"""Text from outside, git's included, turned into one line that is safe to show."""

import re

_CREDENTIALS = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^\s/@]*@")
_QUERY = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"?#]*\?)[^\s'\"#]+")
_PREFIX = re.compile(r"^(?:fatal|error|remote|ssh|warning): *", re.IGNORECASE)
_LONGEST = 300

_HINTS = (
    (
        (
            "could not read username",
            "could not read password",
            "authentication failed",
            "terminal prompts disabled",
            "the requested url returned error: 401",
            "the requested url returned error: 403",
        ),
        "set RECONCILER_GIT_TOKEN or use an SSH URL",
    ),
    (
        ("permission denied (", "host key verification failed"),
        "give this user an SSH key that may read it, and the host's key in known_hosts",
    ),
    (
        ("could not resolve host", "connection refused", "timed out", "failed to connect"),
        "check the address and the network; an earlier fetch stays usable",
    ),
    (
        ("not allowed",),
        "only https://, ssh://, user@host:path and file:// are used",
    ),
    (
        ("does not appear to be a git repository", "repository not found", "not found"),
        "check the address, and that the credentials may read it",
    ),
)


def one_line(text: str) -> str:
    """`text` without control characters and credentials in URLs, at most 300 characters long."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    clean = _CREDENTIALS.sub(r"\1", " ".join(clean.split()))
    clean = _QUERY.sub(r"\1…", clean)  # some servers take a token there
    return clean if len(clean) <= _LONGEST else clean[: _LONGEST - 1] + "…"


def reason(stderr: str) -> str:
    """The line of git's stderr that says why it failed, without its prefix."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:]
    if not telling:
        return "git gave no reason"
    first = one_line(_PREFIX.sub("", telling[0]))
    if "Could not read from remote repository" in first and len(lines) > 1:
        return one_line(_PREFIX.sub("", lines[0]))
    return first


def hint_for(stderr: str) -> str | None:
    """What to do about a failed fetch; None when git's reason has to do."""
    text = stderr.lower()
    return next((hint for signs, hint in _HINTS if any(sign in text for sign in signs)), None)
