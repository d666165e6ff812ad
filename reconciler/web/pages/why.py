"""Why an account runs what it runs: a question with two fields, and its answer."""

from typing import Any

from reconciler.desired.why import Explanation, explanations
from reconciler.errors import ReconcilerError
from reconciler.model.declarations import Kind
from reconciler.report.why import sentences
from reconciler.web.route import Access, Call, Page, Parameter, Route

_MOST_OFFERED = 500


def _name(name: str, description: str) -> Parameter:
    schema = {"type": "string", "maxLength": 100, "default": ""}
    return Parameter(name=name, description=description, schema=schema)


def _why(call: Call) -> Page:
    account, pack = call.query["account"].strip(), call.query["pack"].strip()
    wrong: dict[str, str] = {}
    told: tuple[Explanation, ...] = ()
    if account and pack:
        base = call.services.views.of_account(account, (pack,))
        if base is None:
            wrong["account"] = f'there is no account "{account}"'
        elif pack not in base.tree.packs:
            wrong["pack"] = f'there is no pack "{pack}"'
        else:
            try:
                delivered = call.services.delivered_to(account, call.now)
                told = explanations(base, account, pack, call.now, delivered=delivered)
            except ReconcilerError as error:
                wrong["pack"] = error.message
    elif account or pack:
        wrong["pack" if account else "account"] = "fill in both"
    values: dict[str, Any] = {
        "query": call.query,
        "wrong": wrong,
        "told": [(one, sentences(one, call.now)) for one in told],
        "packs": call.services.search.names(Kind.INTEGRATION_PACK, limit=_MOST_OFFERED),
    }
    return Page(template="why.html", values=values, status=404 if wrong else 200)


ROUTES = (
    Route(
        method="GET",
        path="/why",
        operation="why-page",
        summary="Why an account runs what it runs, and what comes next.",
        access=Access.PUBLISHER,
        answers=_why,
        query=(_name("account", "The account."), _name("pack", "The pack.")),
        page=True,
    ),
)
