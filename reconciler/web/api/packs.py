"""Packs and their releases, as the publisher sees them."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from reconciler.desired.gates import opening
from reconciler.desired.standing import Standings
from reconciler.desired.status import PackStatus, status
from reconciler.model.base import InstallBase, PackRecord, ReleaseRecord
from reconciler.model.declarations import Declaration, Kind
from reconciler.model.zones import zone
from reconciler.report import offered
from reconciler.report import status as status_report
from reconciler.report.objects import Fields
from reconciler.report.times import iso, iso_or_none, window_fields
from reconciler.web.api.worlds import nothing_applied
from reconciler.web.paging import PAGED, answer, page, position, sealed
from reconciler.web.problems import not_found
from reconciler.web.route import Access, Answer, Call, reads

_NO_WINDOW = dict.fromkeys(("opens_at", "closes_at", "opens_local", "closes_local"))


def _counted(call: Call, names: Sequence[str]) -> InstallBase:
    """These packs with their rows counted. Raises Problem on an empty store."""
    base = call.services.counted(names)
    if base.applied is None:
        raise nothing_applied()
    return base


def _fetch(call: Call, place: str | None, limit: int) -> Sequence[Declaration]:
    return call.services.views.declared_after(Kind.INTEGRATION_PACK, place or "", limit)


def _status(call: Call) -> Answer:
    limit = call.query["limit"]
    found = _fetch(call, position(call), limit + 1)
    shown = [declaration.name for declaration in found[:limit]]
    overview = status(call.services.counted(shown), call.now)
    counts = call.services.counts.get()
    refusal = call.services.store.last_refusal()
    trouble = None if refusal is None else refusal.message
    fields = status_report.fields(overview, trouble, counts.behind)
    following = sealed(call, shown[-1]) if len(found) > limit else None
    return answer({**fields, "next": following, "as_of": iso(counts.as_of)})


def _packs(call: Call) -> Answer:
    as_of = iso(call.services.counts.get().as_of)

    def show(found: Sequence[Declaration]) -> list[Fields]:
        if not found:
            return []
        base = _counted(call, [declaration.name for declaration in found])
        overview = status(base, call.now)
        return [_line(call, base, pack, overview.zone.key) for pack in overview.packs]

    return page(
        call,
        lambda place, limit: _fetch(call, place, limit),
        lambda declaration: declaration.name,
        show,
        as_of=as_of,
    )


def _line(call: Call, base: InstallBase, pack: PackStatus, zone_key: str) -> Fields:
    spec = base.tree.packs[pack.name]
    behind = call.services.counts.get().behind.get(pack.name)
    return {
        **status_report.pack_fields(pack, zone(zone_key), behind),
        "display_name": spec.display_name,
        "mode": spec.attachment.value,
        "retired": spec.retired,
    }


def _pack(call: Call) -> Answer:
    name = call.path["pack"]
    base = _counted(call, [name])
    spec = base.tree.packs.get(name)
    if spec is None:
        raise not_found()
    overview = status(base, call.now)
    standings = Standings(base, call.now)
    return answer(
        {
            **_line(call, base, overview.packs[0], overview.zone.key),
            "description": spec.description,
            "components": list(spec.components),
            "deployment": spec.deployment.value,
            "documentation": offered.documentation_fields(spec),
            "contact": offered.contact_fields(spec.contact or standings.publisher.contact),
            "prerequisites": list(spec.prerequisites),
            "time_zone": standings.zone.key,
            "as_of": iso(call.services.counts.get().as_of),
        }
    )


def _known(call: Call) -> tuple[InstallBase, PackRecord]:
    """The pack of the path, and what is recorded of it. Raises Problem."""
    name = call.path["pack"]
    base = call.services.views.of_packs((name,))
    record = base.packs.get(name)
    if record is None or name not in base.tree.packs:
        raise not_found()
    return base, record


def _releases(call: Call) -> Answer:
    base, record = _known(call)
    standings = Standings(base, call.now)
    newest_first = [*record.releases.values()][::-1]

    def fetch(place: str | None, limit: int) -> Sequence[ReleaseRecord]:
        versions = [found.release.version for found in newest_first]
        if place is not None and place not in versions:
            raise LookupError(place)
        start = 0 if place is None else versions.index(place) + 1
        return newest_first[start : start + limit]

    return page(
        call,
        fetch,
        lambda found: found.release.version,
        lambda found: [_release_fields(standings, record, one) for one in found],
    )


def _release(call: Call) -> Answer:
    base, record = _known(call)
    found = record.releases.get(call.path["version"])
    if found is None:
        raise not_found()
    standings = Standings(base, call.now)
    counts = call.services.counts.get()
    running = sum(
        cohort.rows
        for cohort in counts.cohorts.get(record.name, ())
        if cohort.alike.release == found.release.version
    )
    return answer(
        {
            **_release_fields(standings, record, found),
            "attachments": running,
            "as_of": iso(counts.as_of),
        }
    )


def _release_fields(standings: Standings, record: PackRecord, found: ReleaseRecord) -> Fields:
    release = found.release
    window = opening(release, standings.publisher, standings.zone)
    return {
        "pack": record.name,
        "version": release.version,
        "state": _state(standings, record, found),
        "date": release.date_text,
        **(_NO_WINDOW if window is None else window_fields(window, standings.zone)),
        "emergency": release.emergency,
        "notes": release.notes,
        "components": dict(release.components),
        "removes": list(release.removes),
        "assessment": {"impact": release.impact, "regression": release.regression},
        "accepted_at": iso(found.accepted_at),
        "promoted_at": iso_or_none(found.promoted_at),
        "current_at": iso_or_none(found.current_at),
    }


def _state(standings: Standings, record: PackRecord, found: ReleaseRecord) -> str:
    version = found.release.version
    if version == record.current:
        return "current"
    if version == record.pending:
        return "pending"
    if not found.declared:
        return "withdrawn"
    if found.promoted_at is not None:
        return "earlier"
    superseded = version in standings.pack(record.name).life.superseded
    return "superseded" if superseded else "waiting"


def _adoption(call: Call) -> Answer:
    _, record = _known(call)
    pending = None if record.pending is None else record.releases[record.pending]
    counts = call.services.counts.get()
    cohorts = counts.cohorts.get(record.name, ())
    total = sum(cohort.rows for cohort in cohorts)
    fields: Fields = {
        "pack": record.name,
        "pending": record.pending,
        "since": None if pending is None else iso(pending.accepted_at),
        "opens_at": None if pending is None else iso_or_none(pending.opens_at),
        "attachments": total,
        "adopted": 0,
        "hours": [],
        "as_of": iso(counts.as_of),
    }
    if pending is not None:
        version = pending.release.version
        fields["adopted"] = sum(one.rows for one in cohorts if one.alike.release == version)
        hours = call.services.views.adoptions(record.name, version, pending.accepted_at)
        fields["hours"] = [
            {"at": iso(at), "until": iso(at + timedelta(hours=1)), "adopted": number}
            for at, number in hours.items()
        ]
    return answer(fields)


_reads = partial(reads, Access.PUBLISHER, "/api/v1")

ROUTES = (
    _reads(
        "/status",
        "status",
        "The revision in force, and what the packs' attachments run; packs by pages.",
        _status,
        "api/status",
        query=PAGED,
    ),
    _reads("/packs", "packs", "All packs, in order of name.", _packs, "api/packs", query=PAGED),
    _reads("/packs/{pack}", "pack", "One pack.", _pack, "api/pack"),
    _reads(
        "/packs/{pack}/releases",
        "releases",
        "All releases that the pack ever had, the highest first.",
        _releases,
        "api/releases",
        query=PAGED,
    ),
    _reads(
        "/packs/{pack}/releases/{version}",
        "release",
        "One release: notes, window, assessment, and how many attachments run it.",
        _release,
        "api/release",
    ),
    _reads(
        "/packs/{pack}/adoption",
        "adoption",
        "Who adopted the pending release, hour by hour of its testing period.",
        _adoption,
        "api/adoption",
    ),
)
