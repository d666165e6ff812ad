"""What an account's runtime asks for, fetches and reports (docs/delivery-protocol.md)."""

from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from reconciler.desired.bundle import bundle, bundle_fields
from reconciler.desired.drift import drift
from reconciler.errors import StaleReport
from reconciler.model.base import AttachmentKey
from reconciler.model.delivery import MOST_WAITED_SECONDS, Aim, Bundle, Said, Served
from reconciler.ports.delivery import Contents, Stamp
from reconciler.report.delivery import drift_fields
from reconciler.report.times import iso, iso_or_none
from reconciler.web.pipeline import admit_again
from reconciler.web.problems import Problem, not_found
from reconciler.web.route import Access, Answer, Call, Parameter, Route

_PLACE = "/api/v1/accounts/{account}"
# A header, and not a parameter: a link that somebody follows can't make an agent.
AGENT_HEADER = "reconciler-agent"


async def _desired(call: Call) -> Answer:
    """Who waits has no thread meanwhile."""
    account, changes = call.path["account"], call.services.changes
    seen = await run_in_threadpool(_stamp, call)
    answer = await run_in_threadpool(_bundle_answer, call)
    wait = call.query["wait"]
    if not wait or f'"{answer.etag}"' != call.headers.get("if-none-match", "").strip():
        return answer
    await changes.wait(account, seen, wait)
    await run_in_threadpool(admit_again, call)
    return await run_in_threadpool(_bundle_answer, call)


def _stamp(call: Call) -> Stamp | None:
    account = call.path["account"]
    return call.services.deliveries.stamps((account,)).get(account)


def _bundle_answer(call: Call) -> Answer:
    found = bundle(_asked(call))
    return Answer(body=bundle_fields(found), etag=found.digest)


def _asked(call: Call) -> Served:
    """What the account should run; a runtime that names itself becomes its agent."""
    account, agent = call.path["account"], call.headers.get(AGENT_HEADER)
    deliveries = call.services.deliveries
    if agent is None:
        return _there(deliveries.served(account))
    if not call.who.acts_for(account):
        raise Problem(403, "role", f"the role {call.who.role} can't be an agent")
    return _there(deliveries.asked(account, agent, call.services.clock.now()))


def _there(found: Served | None) -> Served:
    if found is None:
        raise not_found()
    return found


def _manifest(call: Call) -> Answer:
    content = call.path["digest"]
    found = _contents(call, content).manifest(content)
    files = [asdict(file) for file in found.files]
    return Answer(body={"content": found.content, "files": files}, etag=found.content)


def _file(call: Call) -> Response:
    content, sha256 = call.path["digest"], call.path["sha256"]
    path = _contents(call, content).file(content, sha256)
    if path is None:
        raise not_found()
    return FileResponse(
        path,
        media_type="application/octet-stream",
        headers={"ETag": f'"{sha256}"', "Accept-Ranges": "bytes"},
    )


def _contents(call: Call, content: str) -> Contents:
    """Where the content lies, if the account should run it now; else there is no such thing."""
    found: Bundle = bundle(_there(call.services.deliveries.served(call.path["account"])))
    if content not in found.contents:
        raise not_found()
    contents = call.services.contents
    if contents is None:
        raise Problem(
            404,
            "no-source",
            "this server does not read the publisher's repository, where contents are",
            "start it with the repository: reconciler serve REPO",
        )
    return contents


def _report(call: Call) -> Answer:
    said = call.body
    now = call.services.clock.now()
    try:
        found = call.services.deliveries.report(
            call.path["account"],
            said["agent"],
            said["sequence"],
            [_said(one) for one in said["attachments"]],
            now,
        )
    except StaleReport as error:
        raise Problem(409, "stale-report", error.message, error.hint) from error
    return Answer(body=_standing(call, _there(found)))


def _said(fields: dict[str, Any]) -> Said:
    return Said(
        pack=fields["pack"],
        instance=fields.get("instance") or "",
        version=fields.get("release"),
        digest=fields.get("digest"),
        failure=fields.get("failure"),
    )


def _agent(call: Call) -> Answer:
    found = _there(call.services.deliveries.served(call.path["account"]))
    if found.agent is None:
        raise not_found()
    return Answer(body=_standing(call, found))


def _standing(call: Call, found: Served) -> dict[str, Any]:
    """The agent, and where each attachment stands."""
    agent = found.agent
    assert agent is not None, "who reports is the agent"
    its_bundle = bundle(found)
    aims = {target.key: target.aim for target in its_bundle.targets}
    keys = sorted({*aims, *found.reports})
    return {
        "account": found.account,
        "agent": agent.name,
        "sequence": agent.sequence,
        "first_seen_at": iso(agent.first_seen_at),
        "last_seen_at": iso(agent.last_seen_at),
        "digest": its_bundle.digest,
        "attachments": [_line(call, found, key, aims.get(key)) for key in keys],
    }


def _line(call: Call, found: Served, key: AttachmentKey, aim: Aim | None) -> dict[str, Any]:
    assert found.agent is not None
    report = found.reports.get(key)
    seen = drift(aim, report, found.agent, call.now, call.services.overdue_after)
    return {
        "pack": key.pack,
        "instance": key.instance or None,
        "target": None if aim is None else aim.release,
        "installed": None if report is None else report.installed,
        "reported_at": iso_or_none(None if report is None else report.reported_at),
        "drift": drift_fields(seen),
    }


def _retire(call: Call) -> Answer:
    retired = call.services.deliveries.retire(call.path["account"], call.who.name, call.now)
    if retired is None:
        raise not_found()
    return Answer()


ROUTES = (
    Route(
        method="GET",
        path=f"{_PLACE}/desired",
        operation="desired-bundle",
        summary="What the account's runtime should run.",
        access=Access.ACCOUNT_READS,
        answers=_desired,
        query=(
            Parameter(
                name="wait",
                description="With If-None-Match: how many seconds to wait for another bundle.",
                schema={
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MOST_WAITED_SECONDS,
                    "default": 0,
                },
            ),
        ),
        gives="api/bundle",
        statuses=(409,),
    ),
    Route(
        method="GET",
        path=f"{_PLACE}/content/{{digest}}",
        operation="content-manifest",
        summary="The files of a content that the account should run, by its git object id.",
        access=Access.ACCOUNT_READS,
        answers=_manifest,
        gives="api/content",
        statuses=(422,),
    ),
    Route(
        method="GET",
        path=f"{_PLACE}/content/{{digest}}/{{sha256}}",
        operation="content-file",
        summary="One file of a content, or a range of it.",
        access=Access.ACCOUNT_READS,
        answers=_file,
        also=("application/octet-stream",),
        statuses=(206, 416, 422),
    ),
    Route(
        method="PUT",
        path=f"{_PLACE}/report",
        operation="report",
        summary="Tell all that the account's runtime runs.",
        access=Access.ACCOUNT_ACTS,
        answers=_report,
        takes="api/report",
        gives="api/agent",
        statuses=(409,),
    ),
    Route(
        method="GET",
        path=f"{_PLACE}/agent",
        operation="agent",
        summary="The account's agent, and what it runs.",
        access=Access.ACCOUNT_READS,
        answers=_agent,
        gives="api/agent",
    ),
    Route(
        method="DELETE",
        path=f"{_PLACE}/agent",
        operation="retire-agent",
        summary="The account has no agent any more: what the store says counts again.",
        access=Access.ACCOUNT_ACTS,
        answers=_retire,
        status=204,
    ),
)
