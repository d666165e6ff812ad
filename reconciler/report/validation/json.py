"""A judgement -> the JSON object of `validate`, on failure too."""

from reconciler.errors import ReconcilerError
from reconciler.model.outcome import Judgement
from reconciler.report import objects
from reconciler.report.objects import Fields


def fields(judgement: Judgement, trouble: ReconcilerError | None = None) -> Fields:
    """`revision` null is the working tree; `trouble` is what went wrong beside the judgement."""
    return {
        "valid": judgement.valid,
        "revision": judgement.revision,
        "findings": [objects.finding(found) for found in judgement.findings],
        "counts": {
            **objects.severities(judgement.findings),
            "documents": judgement.documents,
            "files": judgement.files,
        },
        **({} if trouble is None else {"error": objects.error(trouble)}),
    }


def failure(trouble: ReconcilerError) -> Fields:
    """The same fields where nothing could be judged, with the error."""
    return {
        "valid": False,
        "revision": None,
        "findings": [],
        "counts": {**objects.severities(()), "documents": 0, "files": 0},
        "error": objects.error(trouble),
    }
