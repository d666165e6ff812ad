"""Looking after a store: backup, export, check, rebuild."""

from typing import Any

NOW = "2026-11-22T15:00:00Z"
NEW = ("--store", "sqlite:///new.db")


def test_a_store_is_rebuilt_from_its_export_with_what_accounts_had_asked_for(pending: Any) -> None:
    assert pending.at(NOW, "account", "adopt", "first-customer", "hello").code == 0
    assert pending.at(NOW, "store", "export", "--out", "export.jsonl").code == 0
    rebuilt = pending.at(NOW, "store", "rebuild", "--from", "export.jsonl", *NEW)
    assert rebuilt.code == 0, rebuilt.err
    assert "Restored sqlite:///new.db from export.jsonl." in rebuilt.out
    [row] = pending.at(NOW, "attachments", "--format", "json", *NEW).lines()
    assert (row["release"], row["adopted"]) == ("1.0.1", True)
    assert pending.reconciler("store", "check", *NEW).code == 0


def test_a_store_is_rebuilt_from_the_repository_alone(applied: Any) -> None:
    rebuilt = applied.at(NOW, "store", "rebuild", *NEW)
    assert rebuilt.code == 0, rebuilt.err
    [row] = applied.at(NOW, "attachments", "--format", "json", *NEW).lines()
    assert row["release"] == "1.0.0"


def test_a_store_that_exists_is_not_rebuilt(applied: Any) -> None:
    done = applied.at(NOW, "store", "rebuild")
    assert done.code == 1
    assert "exists" in done.err


def test_a_broken_export_leaves_no_store(applied: Any) -> None:
    applied.write("export.jsonl", '{"type":"header"}\n')
    done = applied.at(NOW, "store", "rebuild", "--from", "export.jsonl", *NEW)
    assert done.code == 1
    assert applied.at(NOW, "status", *NEW).code == 1


def test_a_backup_is_a_store_and_is_never_written_over(applied: Any) -> None:
    assert applied.reconciler("store", "backup", "copy.db").code == 0
    copy = applied.at(NOW, "status", "--store", "sqlite:///copy.db")
    assert copy.out == applied.at(NOW, "status").out
    assert applied.reconciler("store", "backup", "copy.db").code == 1


def test_check_says_that_a_store_is_sound_or_what_is_wrong(applied: Any) -> None:
    assert applied.reconciler("store", "check", "--format", "json").json() == {
        "sound": True,
        "violations": [],
    }


def test_migrate_makes_a_store_and_tells_its_version(shell: Any) -> None:
    done = shell.reconciler("store", "migrate", "--format", "json")
    assert done.code == 0
    assert done.json()["version"] >= 1
    assert "Nothing was applied to this store yet" in shell.reconciler("status").out
    assert shell.reconciler("why", "a", "b").code == 1
    assert shell.reconciler("attachments", "--format", "json").out == ""
    assert "Nothing will happen" in shell.reconciler("calendar").out


def test_what_reads_a_store_takes_a_time_even_if_it_needs_none(applied: Any) -> None:
    assert applied.at(NOW, "store", "check").code == 0
    assert applied.at(NOW, "store", "backup", "copy.db").code == 0
    assert applied.at("yesterday", "store", "check").code == 64


def test_old_history_is_dropped_and_an_event_tells_of_it(applied: Any) -> None:
    later = "2027-01-05T12:00:00Z"
    done = applied.at(later, "store", "trim", "--before", "2027-01", "--actor", "ann")
    assert (done.code, done.out) == (
        0,
        "Dropped 1 history line from before 2027-01 in sqlite:///install-base.db.\n",
    )
    assert applied.at(later, "history").out == ""
    told = applied.at(later, "events", "--format", "json").lines()[-1]
    assert (told["kind"], told["actor"]) == ("trimmed", "ann")
    assert applied.reconciler("store", "check").code == 0


def test_a_month_is_written_as_one_and_must_be_over(applied: Any) -> None:
    assert applied.at(NOW, "store", "trim", "--before", "yesterday").code == 64
    assert applied.at(NOW, "store", "trim", "--before", "2026-13").code == 64
    assert "is not over" in applied.at(NOW, "store", "trim", "--before", "2026-12").err


def test_a_file_is_not_divided_into_parts(applied: Any) -> None:
    done = applied.reconciler("store", "partition")
    assert done.code == 1
    assert "move the install base to PostgreSQL first" in done.err
