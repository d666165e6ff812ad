"""`/accounts/{account}`: what it runs, what it has to fill in, and what comes when."""

from dataclasses import dataclass

from reconciler.web.pages.account.fields import SettingField, fields_of, missing
from reconciler.web.pages.account.world import AFTER, DONE, Run, World, world_of
from reconciler.web.route import Access, Call, Page, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    """An attachment that misses values; `now`: those that the release it runs misses already."""

    run: Run
    fields: tuple[SettingField, ...]

    @property
    def now(self) -> bool:
        return any(field.new_in is None for field in self.fields)


def _overview(call: Call) -> Page:
    world = world_of(call, after=call.query["after"] or "")
    runs = tuple(world.runs())
    return Page(
        template="account/overview.html",
        values={
            "world": world,
            "runs": runs,
            "lacking": _lacking(world, runs),
            "coming": sorted(
                (run for run in runs if run.coming is not None),
                key=lambda run: (run.comes_at is None, run.comes_at or world.now, run.path),
            ),
            "delivered": call.services.delivered_to(world.name, world.now),
            "done": call.query["done"],
        },
    )


def _lacking(world: World, runs: tuple[Run, ...]) -> list[Lacking]:
    found = (
        Lacking(
            run=run,
            fields=missing(
                fields_of(world.base, world.offers.standings.pack(run.row.key.pack).record, run.row)
            ),
        )
        for run in runs
    )
    return sorted((one for one in found if one.fields), key=lambda one: not one.now)


ROUTES = (
    Route(
        method="GET",
        path="/accounts/{account}",
        operation="account-page",
        summary="What an account runs, what it has to fill in, and what comes when.",
        access=Access.ACCOUNT_READS,
        answers=_overview,
        query=(AFTER, DONE),
        page=True,
    ),
)
