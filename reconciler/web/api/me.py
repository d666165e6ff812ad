"""Who the server takes the client for."""

from reconciler.web.route import Access, Answer, Call, Route


def _me(call: Call) -> Answer:
    who = call.who
    return Answer(body={"name": who.name, "role": who.role.value, "account": who.account})


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/me",
        operation="me",
        summary="Who you are to this server.",
        access=Access.SIGNED_IN,
        answers=_me,
        gives="api/me",
    ),
)
