"""import as typed: from tables to manifests, from manifests to a store, and an empty plan."""

import json
from pathlib import Path
from typing import Any

import pytest

NOW = "2026-11-22T15:00:00Z"
ZONE = ("--time-zone", "America/New_York")
TABLE = """\
Account,Account Name,Pack,Release,Instance,Environments,Origin
Acme GmbH,,Order to Cash,1.5,,production|rehearsal:test,
globex,"=cmd|' /C calc'!A0",Order to Cash,1.5,,,
globex,,Stock,12,eu,,
globex,,Stock,12,us,,account
"""
RICH = {
    "accounts": [
        {"account": "acme", "name": "Acme", "time_zone": "Europe/Paris",
         "environments": ["production", "rehearsal:test"], "labels": {"region": "eu"}},
        {"account": "globex", "status": "suspended"},
    ],
    "components": [
        {"component": "intake", "version": version, "type": "process", "contains": [
            {"name": "db", "type": "connection",
             "extensions": {"host": {"type": "string", "required": True},
                            "password": {"type": "secret", "required": True}}}]}
        for version in ("1", "2", "3")
    ],
    "packs": [{"pack": "orders", "name": "Orders", "components": ["intake"],
               "installation": "https://acme.example/i", "user": "https://acme.example/u",
               "email": "help@acme.example"}],
    "releases": [
        {"pack": "orders", "version": "1.0.0", "components": {"intake": "1"}},
        {"pack": "orders", "version": "1.1.0", "components": {"intake": "2"}},
        {"pack": "orders", "version": "2.0.0", "components": {"intake": "3"}, "date": "2026-12-01"},
    ],
    "groups": [{"group": "retail", "accounts": ["acme", "globex"], "packs": ["orders"]}],
    "attachments": [
        {"account": "acme", "pack": "orders", "release": "2.0.0", "environments": ["production"],
         "extensions": {"db": {"host": "x", "password": {"secretRef": "vault/db"}}}},
        {"account": "globex", "pack": "orders", "release": "1.1.0",
         "extensions": {"db": {"host": "y", "password": {"secretRef": "vault/db"}}}},
    ],
}  # fmt: skip


@pytest.fixture
def estate(shell: Any) -> Any:
    """A shell with estate.csv, and a committed repository `repo` that was made of it."""
    shell.write("estate.csv", TABLE)
    done = shell.reconciler("import", "estate.csv", "--repo", "repo", *ZONE)
    assert done.code == 0, done.err
    _commit(shell)
    return shell


def _commit(shell: Any) -> None:
    shell.git("init", "--quiet", "--initial-branch", "main", "repo")
    shell.git("-C", "repo", "add", "--all")
    shell.git("-C", "repo", "commit", "--quiet", "--message", "import")


def _record(shell: Any, file: str, *words: str) -> Any:
    return shell.at(NOW, "import", file, "--repo", "repo", "--record", *words)


def _plan(shell: Any) -> Any:
    return shell.at(NOW, "plan", "repo", "--format", "json").json()


def _attachments(shell: Any) -> dict[str, Any]:
    rows = shell.reconciler("attachments", "--format", "json").lines()
    return {"/".join(filter(None, (r["account"], r["pack"], r["instance"]))): r for r in rows}


def test_one_table_becomes_a_valid_repository_in_the_form_of_fmt(estate: Any) -> None:
    done = estate.reconciler("validate", "repo", "--format", "json").json()
    assert done["valid"]
    assert {found["rule"] for found in done["findings"]} <= {
        "single-process",
        "support-documentation",
    }
    assert estate.reconciler("fmt", "--check", "repo").code == 0
    accounts = (estate.folder / "repo/accounts/imported.yaml").read_text()
    assert "name: acme-gmbh\n    spec:\n      displayName: Acme GmbH\n" in accounts
    assert "- name: rehearsal\n          classification: test\n" in accounts
    assert "displayName: =cmd|' /C calc'!A0\n" in accounts
    assert "us" not in (estate.folder / "repo/attachments/stock.yaml").read_text().split()


def test_what_runs_is_recorded_and_the_next_plan_is_empty(estate: Any) -> None:
    done = _record(estate, "estate.csv")
    assert done.code == 0, done.err
    assert _plan(estate)["changes"] == []
    assert estate.at(NOW, "apply", "repo").out.startswith("Nothing to do")
    rows = _attachments(estate)
    assert {key: (row["release"], row["origin"], row["state"]) for key, row in rows.items()} == {
        "acme-gmbh/order-to-cash": ("1.5.0", "manifest", "running"),
        "globex/order-to-cash": ("1.5.0", "manifest", "running"),
        "globex/stock/eu": ("12.0.0", "manifest", "running"),
        "globex/stock/us": ("12.0.0", "account", "running"),
    }
    assert estate.reconciler("store", "check").code == 0
    (event,) = estate.reconciler("events", "--format", "json").lines()
    assert (event["kind"], event["details"]) == ("imported", {"attachments": 4})


def test_a_store_on_a_server_records_the_same(estate: Any, new_database: Any) -> None:
    url = new_database()
    assert _record(estate, "estate.csv", "--store", url).code == 0
    plan = estate.at(NOW, "plan", "repo", "--store", url, "--format", "json")
    assert plan.json()["changes"] == []
    assert _record(estate, "estate.csv", "--store", url).code == 1


def test_those_that_run_an_older_release_are_upgraded_by_the_next_pass(shell: Any) -> None:
    shell.write("estate.csv", "account,pack,release\nacme,orders,1.4\nglobex,orders,1.5\n")
    assert shell.reconciler("import", "estate.csv", "--repo", "repo", *ZONE).code == 0
    _commit(shell)
    done = _record(shell, "estate.csv")
    assert done.code == 0, done.err
    assert "does not run the current release yet: orders" in done.out
    (change,) = _plan(shell)["changes"]
    assert (change["action"], change["before"], change["after"]) == ("upgrade", "1.4.0", "1.5.0")
    assert shell.at(NOW, "apply", "repo").code == 0
    assert {row["release"] for row in _attachments(shell).values()} == {"1.5.0"}
    assert _plan(shell)["changes"] == []


def test_what_the_estate_lacks_is_not_installed_until_the_next_pass(estate: Any) -> None:
    estate.write("less.csv", TABLE.rpartition("globex,,Stock,12,eu")[0])
    assert _record(estate, "less.csv").code == 0
    assert _attachments(estate)["globex/stock/eu"]["release"] is None
    assert estate.at(NOW, "apply", "repo").code == 0
    assert _attachments(estate)["globex/stock/eu"]["release"] == "12.0.0"


def test_tables_of_everything_and_an_early_adopter(shell: Any, fits: Any) -> None:
    shell.write("estate.json", json.dumps(RICH, indent=1))
    done = shell.at(NOW, "import", "estate.json", "--repo", "repo", *ZONE, "--format", "json")
    assert done.code == 0
    assert [found["rule"] for found in done.json()["findings"]] == ["single-process"]
    assert done.json()["attachments"] == 2
    fits("import", done.json())
    _commit(shell)
    done = _record(shell, "estate.json")
    assert done.code == 0, done.err
    assert _plan(shell)["changes"] == []
    rows = _attachments(shell)
    assert (rows["acme/orders"]["release"], rows["acme/orders"]["adopted"]) == ("2.0.0", True)
    assert rows["globex/orders"]["release"] == "1.1.0"
    assert shell.at("2026-12-01T05:00:00Z", "apply", "repo").code == 0
    assert {row["target"] for row in _attachments(shell).values()} >= {"2.0.0"}


def test_a_repository_is_written_again_from_its_store(estate: Any) -> None:
    assert _record(estate, "estate.csv").code == 0
    done = estate.reconciler("import", "--from-store", "sqlite:///install-base.db", "--repo", "new")
    assert done.code == 0, done.err
    estate.git("init", "--quiet", "new")
    estate.git("-C", "new", "add", "--all")
    estate.git("-C", "new", "commit", "--quiet", "--message", "again")
    plan = estate.at(NOW, "plan", "new", "--format", "json").json()
    assert (plan["changes"], plan["findings"] == [], plan["descends"]) == ([], False, True)
    assert estate.at(NOW, "apply", "new").code == 0
    assert _attachments(estate)["globex/stock/us"]["origin"] == "account"


def test_what_components_are_made_of_has_to_be_put_back(applied: Any) -> None:
    done = applied.reconciler(
        "import", "--from-store", "sqlite:///install-base.db", "--repo", "../new"
    )
    assert done.code == 0
    assert "put components/hello-api/1.0.0/openapi.json back" in done.err
    assert "put guides/hello/installation.md and 1 more back" in done.err


@pytest.mark.parametrize(
    ("rows", "place", "rule", "words"),
    [
        ("Acme,orders,1\nacme,stock,1\n", "3:1", "import", "would both be named acme"),
        ("a,orders,1\nb,orders,1.0\n", "3:10", "import", "would both be 1.0.0"),
        ("a,orders,latest\n", "2:10", "import", "is no version of a release"),
        ("a,orders,1\na,orders,1\n", "3:1", "import", "stands in line 2 already"),
        ("a,orders,1,eu\na,orders,1,\n", "3:1", "attachment-instance", "no instance name"),
        (",orders,1\n", "2:1", "import", "account is empty"),
        ("!!!,orders,1\n", "2:1", "import", "no name can be made"),
        ("a\x1bb,orders,1\n", "2:1", "import", "control character"),
        ('a,orders,1,,"{""db"": {""k"": 1}}"\n', "2:13", "extension-unknown", "db.k"),
        ("a,orders,1,,oops\n", "2:13", "import", "no JSON"),
        ('a,orders,1,,"{""db"": {""k"": NaN}}"\n', "2:13", "import", "no JSON"),
    ],
)
def test_a_row_that_does_not_fit_is_told_in_its_place_and_nothing_is_written(
    shell: Any, rows: str, place: str, rule: str, words: str
) -> None:
    shell.write("estate.csv", f"account,pack,release,instance,extensions\n{rows}")
    done = shell.reconciler("import", "estate.csv", "--repo", "repo", *ZONE)
    assert done.code == 3
    head, message = done.out.splitlines()[:2]
    assert head.split() == [f"estate.csv:{place}", "error", rule]
    assert words in message
    assert "Nothing was written." in done.out
    assert not (shell.folder / "repo").exists()


def test_a_secret_in_a_table_is_refused_and_not_repeated(shell: Any, fits: Any) -> None:
    rich = json.loads(json.dumps(RICH))
    rich["attachments"][0]["extensions"]["db"]["password"] = "hunter2"
    shell.write("estate.json", json.dumps(rich, indent=1))
    done = shell.at(NOW, "import", "estate.json", "--repo", "repo", *ZONE, "--format", "json")
    assert done.code == 3
    errors = [each for each in done.json()["findings"] if each["severity"] == "error"]
    assert [each["rule"] for each in errors] == ["extension-secret"]
    assert errors[0]["line"] > 1
    assert "hunter2" not in done.out
    fits("import", done.json())


def test_tables_refer_to_what_the_repository_declares_and_replace_nothing(publisher: Any) -> None:
    publisher.write("more.csv", "account,pack,release\nsecond,hello,1.0.0\n")
    done = publisher.reconciler("import", "more.csv", "--format", "json")
    assert done.code == 0, done.err
    assert done.json()["files"] == ["accounts/imported.yaml", "attachments/hello.yaml"]
    before = (publisher.folder / "accounts/imported.yaml").read_text()
    publisher.write("more.csv", "account,pack,release\nthird,hello,1.0.0\n")
    done = publisher.reconciler("import", "more.csv", "--format", "json")
    assert done.json()["files"] == ["accounts/imported-2.yaml", "attachments/hello-2.yaml"]
    assert (publisher.folder / "accounts/imported.yaml").read_text() == before
    assert publisher.reconciler("validate", "--worktree").code == 0


def test_a_file_in_the_way_keeps_everything_from_being_written(shell: Any) -> None:
    shell.write("estate.csv", TABLE)
    shell.write("repo/packs/stock.yaml", "mine")
    done = shell.reconciler("import", "estate.csv", "--repo", "repo", *ZONE)
    assert done.code == 1
    assert "repo/packs/stock.yaml exists already" in done.err
    assert [path.name for path in (shell.folder / "repo").rglob("*.*")] == ["stock.yaml"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("nobody,stock,12,x", 'declares no account "nobody"'),
        ("globex,stok,12,x", 'declares no pack "stok"'),
        ("globex,stock,11,x", "declares no release 11.0.0 of stock"),
        ("globex,stock,12,", "stock is a multiple pack"),
        ("nobody,order-to-cash,1.5,x", 'declares no account "nobody"'),
    ],
)
def test_what_the_revision_does_not_know_is_not_recorded(estate: Any, row: str, words: str) -> None:
    estate.write("bad.csv", f"account,pack,release,instance\n{row}\n")
    done = _record(estate, "bad.csv")
    assert done.code == 3
    assert words in done.out
    assert not (estate.folder / "install-base.db").exists()


def test_a_store_that_exists_is_never_recorded_over(estate: Any) -> None:
    assert _record(estate, "estate.csv").code == 0
    before = Path(estate.folder / "install-base.db").read_bytes()
    done = _record(estate, "estate.csv")
    assert done.code == 1
    assert "exists already" in done.err
    assert Path(estate.folder / "install-base.db").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("estate.csv", "--from-store", "sqlite:///x.db"),
        ("--record", "--from-store", "sqlite:///x.db"),
        ("estate.csv", "--repo", "none"),
        ("estate.csv", "--repo", "none", "--time-zone", "Mars/Olympus"),
    ],
)
def test_wrong_usage_exits_64(shell: Any, words: tuple[str, ...]) -> None:
    shell.write("estate.csv", TABLE)
    assert shell.reconciler("import", *words).code == 64


def test_what_was_made_before_a_failure_goes_again_folders_and_all(shell: Any) -> None:
    shell.write("estate.csv", TABLE)
    shell.write("elsewhere/x", "")
    (shell.folder / "repo").mkdir()
    (shell.folder / "repo/packs").symlink_to("../elsewhere")
    done = shell.reconciler("import", "estate.csv", "--repo", "repo", *ZONE)
    assert done.code == 1
    assert "a symbolic link leads out of it" in done.err
    assert [path.name for path in (shell.folder / "repo").rglob("*")] == ["packs"]
