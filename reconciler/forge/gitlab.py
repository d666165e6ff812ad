"""A merge request on GitLab -> its notes, by the REST API."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from reconciler.forge.place import Place
from reconciler.forge.request import Comment, refused, understood
from reconciler.forge.web import Answer, Api

_GRANT = (
    "make a project access token with the role Reporter and the scope api, and keep it as the "
    "masked variable GITLAB_TOKEN; a job's own token may not write notes"
)
_EACH = 50


class GitLab:
    """One merge request."""

    def __init__(self, place: Place, api: Api) -> None:
        self._place = place
        self._api = api
        project = quote(place.repository, safe="")
        self._notes = f"/projects/{project}/merge_requests/{place.number}/notes"

    @staticmethod
    def headers(place: Place) -> Mapping[str, str]:
        """How the token is shown."""
        return {"JOB-TOKEN" if place.is_job_token else "PRIVATE-TOKEN": place.token}

    async def own_comments(self) -> AsyncIterator[Comment]:
        """The notes that the token's owner wrote, oldest first."""
        me = await self._me()
        page = 1
        while page:
            query = f"?sort=asc&order_by=created_at&per_page={_EACH}&page={page}"
            answer = await self._asked("GET", self._notes + query)
            with understood(self._api.host):
                found = [
                    Comment(id=str(note["id"]), body=str(note["body"]), url="")
                    for note in answer.data
                    if note["author"]["id"] == me and not note["system"]
                ]
            for comment in found:
                yield comment
            following = answer.headers.get("X-Next-Page", "").strip()[:9]
            page = int(following) if following.isdecimal() and int(following) > page else 0

    async def create(self, body: str) -> str:
        """Adds a note; GitLab names no address of it."""
        await self._asked("POST", self._notes, {"body": body})
        return ""

    async def edit(self, comment: Comment, body: str) -> str:
        """Replaces a note's text; GitLab names no address of it."""
        await self._asked("PUT", f"{self._notes}/{quote(comment.id, safe='')}", {"body": body})
        return ""

    async def _me(self) -> int:
        if self._place.is_job_token:
            answer = await self._asked("GET", "/job")
            with understood(self._api.host):
                return int(answer.data["user"]["id"])
        answer = await self._asked("GET", "/user")
        with understood(self._api.host):
            return int(answer.data["id"])

    async def _asked(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Answer:
        answer = await self._api.call(method, path, body)
        if answer.status >= 400:
            said = answer.data if isinstance(answer.data, dict) else {}
            reason = said.get("message") or said.get("error") or ""
            raise refused(self._place, answer.status, reason, _GRANT)
        return answer
