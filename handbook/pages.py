"""Which page of the reference is made by what."""

from collections.abc import Callable, Mapping
from pathlib import Path

from handbook.api import api
from handbook.commands import commands
from handbook.decisions import decisions
from handbook.exit_codes import exit_codes
from handbook.manifests import manifests
from handbook.outputs import outputs
from handbook.rules import rules

# The path of a page below the top -> what makes its text, given the top.
PAGES: Mapping[str, Callable[[Path], str]] = {
    "docs/decisions.md": decisions,
    "docs/reference/api.md": api,
    "docs/reference/commands.md": commands,
    "docs/reference/exit-codes.md": exit_codes,
    "docs/reference/json.md": outputs,
    "docs/reference/manifests.md": manifests,
    "docs/reference/rules.md": rules,
}
