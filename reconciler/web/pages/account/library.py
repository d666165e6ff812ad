"""The process templates that are shared with an account, and the copies that it has made."""

from reconciler.desired.offered import templates
from reconciler.desired.requests import copy_template
from reconciler.errors import ReconcilerError, RequestRefused
from reconciler.web.pages.account.world import DONE, World, account_alone
from reconciler.web.route import Access, Answered, Call, Page, Route, Seeing


def _templates(call: Call) -> Page:
    return _page(account_alone(call), call.query["done"])


def _page(world: World, done: str | None = None, refused: ReconcilerError | None = None) -> Page:
    shared = templates(world.base, world.name)
    values = {"world": world, "shared": shared, "done": done, "refused": refused}
    status = 200 if refused is None else 422
    return Page(template="account/templates.html", values=values, status=status)


def _copy(call: Call) -> Answered:
    account, component = call.path["account"], call.path["component"]
    try:
        call.services.store.request(
            account,
            None,
            lambda base: copy_template(base, account, component, call.now, call.who.name),
        )
    except RequestRefused as refused:
        return _page(account_alone(call), refused=refused)
    return Seeing(path=f"/accounts/{account}/templates?done=copied")


ROUTES = (
    Route(
        method="GET",
        path="/accounts/{account}/templates",
        operation="account-templates-page",
        summary="The process templates that an account may copy, and its copies.",
        access=Access.ACCOUNT_READS,
        answers=_templates,
        query=(DONE,),
        page=True,
    ),
    Route(
        method="POST",
        path="/accounts/{account}/templates/{component}",
        operation="copy-template-form",
        summary="Copy a process template, once.",
        access=Access.ACCOUNT_ACTS,
        answers=_copy,
        statuses=(422,),
        page=True,
    ),
)
