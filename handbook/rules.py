"""The registry of rules -> the page that lists them."""

from pathlib import Path

from handbook.markdown import page, prose, table
from reconciler.desired.rules import CHANGE_RULES, RULES

_HEAD = ("rule", "severity", "policy", "judges", "meaning")
_INTRODUCTION = """\
All rules in the order in which they are told; each leads to its section in
[Rules](../rules.md), with an example that fails and the same mended. An *error* stops a
revision from being applied. The severity of a rule with *policy* may be set to `off`, `warning`
or `error` in `publisher.yaml`. A *state* rule looks at the manifests alone; a *change* rule
judges only what is new or different against a base."""


def rules(top: Path) -> str:  # noqa: ARG001
    """The whole page; the rules are those of the program that runs."""
    rows = [
        (
            f"[`{rule.id}`](../rules.md#{rule.id})",
            str(rule.severity),
            "policy" if rule.policy else "",
            "change" if rule.id in CHANGE_RULES else "state",
            prose(rule.summary),
        )
        for rule in RULES
    ]
    return page("All rules", _INTRODUCTION, table(_HEAD, rows))
