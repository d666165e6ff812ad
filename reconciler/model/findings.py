"""What is wrong in the manifests: problems that rules see, and findings that people read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.declarations import Origin

# What a message quotes was written by somebody, and is no place.
_MANIFEST = re.compile(r'(?<![^\s(])[^\s"()]+\.ya?ml\b')


class Severity(StrEnum):
    """Only an error stops a revision; OFF switches a policy rule off."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a rule saw: where in which document, not yet the line.

    `pointer` leads from the document (of a List: from the item) to the field, keys and indexes;
    () is the document itself. `origin` None is the repository as a whole: publisher.yaml:1:1.
    `severity` None means the rule's own.
    """

    rule: str
    origin: Origin | None
    pointer: tuple[str | int, ...] = ()
    message: str
    hint: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One line of `validate`: path is POSIX below the publisher root, line and column count from 1.

    `new` says whether the base lacks it; None where there was no base to compare with.
    """

    path: str
    line: int
    column: int
    rule: str
    severity: Severity
    message: str
    hint: str | None = None
    new: bool | None = None

    @property
    def gist(self) -> tuple[str, Severity, str]:
        """What stays the same when lines move, and when files are moved and renamed.

        Messages name the thing that they are about; some say in which manifest another one lies.
        """
        return (self.rule, self.severity, _MANIFEST.sub("a manifest", self.message))
