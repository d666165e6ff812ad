"""What a rule is: an id, a severity and a function from a context to problems."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.desired.rules.context import Context
from reconciler.model.findings import Problem, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`policy`: the publisher may set the severity. `summary`: one sentence for lists and pages.

    `check` None: another layer finds it (a document that can't be read); the rule is listed so
    that it has a severity, a summary and a section in the documentation.
    """

    id: str
    severity: Severity = Severity.ERROR
    policy: bool = False
    summary: str
    check: Callable[[Context], Iterable[Problem]] | None = None
