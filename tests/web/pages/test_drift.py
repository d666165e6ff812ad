"""What a runtime says against its release, on the pages of the publisher and of the account."""

from typing import Any

LATER = "2026-11-24T18:30:00Z"
ACCOUNT = "/api/v1/accounts/globex"
FAILED = {"pack": "order-to-cash", "release": None, "digest": None, "failure": "no room"}


def test_what_is_not_delivered_stands_on_the_packs_page_and_in_the_reasons(estate: Any) -> None:
    own, publisher = estate.token("globex"), estate.token()
    named = {"Reconciler-Agent": "runtime"}
    for number, server in enumerate((estate.start(), estate.serve("--now", LATER)), start=1):
        asked = server.ask("GET", f"{ACCOUNT}/desired", token=own, headers=named)
        report = {"agent": "runtime", "sequence": number, "attachments": [FAILED]}
        report["bundle"] = asked.json["digest"]
        said = server.ask("PUT", f"{ACCOUNT}/report", token=own, body=report)
        assert said.status == 200, said.body
    packs = server.get("/", publisher).body.decode()
    assert packs.count("1 not delivered") == 2
    assert "1 not delivered, 1 overdue<" in packs
    assert "all is as it should be" not in packs
    place = "/accounts/globex/attachments/stock-levels:paris"
    assert "By its runtime that is overdue since" in server.get(place, own).body.decode()
