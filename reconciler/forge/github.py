"""A pull request on GitHub -> its comments, by the GraphQL API, which knows whose each one is."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.forge.place import Place
from reconciler.forge.request import Comment, refused, understood
from reconciler.forge.web import Api

_GRANT = (
    "give the workflow permissions: pull-requests: write; the token of a pull request from a fork "
    "never has it"
)
# What GraphQL calls what other APIs say by the status.
_STATUS_BY_TYPE = {"FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403, "NOT_FOUND": 404}

FIND = """\
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      id
      comments(first: 50, after: $after) {
        nodes { id body url viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
CREATE = """\
mutation($request: ID!, $body: String!) {
  addComment(input: {subjectId: $request, body: $body}) { commentEdge { node { url } } }
}
"""
EDIT = """\
mutation($comment: ID!, $body: String!) {
  updateIssueComment(input: {id: $comment, body: $body}) { issueComment { url } }
}
"""


class GitHub:
    """One pull request."""

    def __init__(self, place: Place, api: Api) -> None:
        self._place = place
        self._api = api
        self._id = ""

    @staticmethod
    def headers(place: Place) -> Mapping[str, str]:
        """How the token is shown."""
        return {"Authorization": f"Bearer {place.token}"}

    async def own_comments(self) -> AsyncIterator[Comment]:
        """The comments that the token's owner wrote, oldest first."""
        owner, _, name = self._place.repository.partition("/")
        after: str | None = None
        seen: set[str | None] = {None}
        while True:
            data = await self._asked(
                FIND,
                {"owner": owner, "name": name, "number": self._place.number, "after": after},
            )
            with understood(self._api.host):
                request = data["repository"]["pullRequest"]
                self._id = request["id"]
                found = [
                    Comment(id=str(node["id"]), body=str(node["body"]), url=str(node["url"]))
                    for node in request["comments"]["nodes"]
                    if node["viewerDidAuthor"] is True
                ]
                page = request["comments"]["pageInfo"]
                more, following = page["hasNextPage"], page["endCursor"]
            for comment in found:
                yield comment
            if not more or following in seen:  # a server that goes round in circles
                return
            seen.add(following)
            after = following

    async def create(self, body: str) -> str:
        """Adds a comment; its address. own_comments() was read before."""
        data = await self._asked(CREATE, {"request": self._id, "body": body})
        with understood(self._api.host):
            return str(data["addComment"]["commentEdge"]["node"]["url"])

    async def edit(self, comment: Comment, body: str) -> str:
        """Replaces a comment's text; its address."""
        data = await self._asked(EDIT, {"comment": comment.id, "body": body})
        with understood(self._api.host):
            return str(data["updateIssueComment"]["issueComment"]["url"])

    async def _asked(self, query: str, variables: Mapping[str, Any]) -> Any:
        answer = await self._api.call("POST", body={"query": query, "variables": variables})
        with understood(self._api.host):
            if answer.status >= 400:
                said = (answer.data or {}).get("message", "")
                raise refused(self._place, answer.status, said, _GRANT)
            errors = answer.data.get("errors") or ()
            for error in errors:
                raise self._refusal(str(error.get("type")), error.get("message"))
            return answer.data["data"]

    def _refusal(self, kind: str, message: object) -> ReconcilerError:
        return refused(self._place, _STATUS_BY_TYPE.get(kind, 200), message, _GRANT)
