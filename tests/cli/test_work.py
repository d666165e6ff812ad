"""`reconciler work` as typed: where it can't work it says so, and signals end it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from reconciler.cli.edge import run
from reconciler.cli.work import _Log
from reconciler.wiring import SystemClock

TOP = Path(__file__).parents[2]
DEADLINE_SECONDS = 60


def test_a_worker_is_refused_on_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["work", "--store", f"sqlite:///{tmp_path}/install-base.db"]) == 1
    told = capsys.readouterr()
    assert "is a file, which one process writes at a time" in told.err
    assert "reconciler work --store postgresql://" in told.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["--batch", "0"], ["--batch", "many"], ["extra"]])
def test_wrong_usage_is_64(words: list[str]) -> None:
    assert run(["work", *words]) == 64


def test_a_server_without_an_install_base_is_refused_at_once(
    new_database: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["work", "--store", new_database()]) == 1
    assert "there is no install base at postgresql://" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_an_idle_worker_ends_when_it_is_asked_to(
    new_database: Callable[..., str], number: int, code: int
) -> None:
    url = new_database(made=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "work", "--store", url],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stderr=subprocess.PIPE,
        text=True,
    )
    idle = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FROM fan_out%'"
    idle += " AND datname = current_database() AND state = 'idle'"
    ends, pause = monotonic() + DEADLINE_SECONDS, threading.Event()
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(idle).fetchone() == (0,):
            assert monotonic() < ends
            pause.wait(0.02)
    process.send_signal(number)
    told = process.communicate()[1]
    assert process.returncode == code
    assert told == ("" if code == 0 else "reconciler: interrupted\n")


def test_a_roll_out_that_it_helped_is_a_line_and_many_small_ones_are_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, lines = _Log(SystemClock(), "text"), _Log(SystemClock(), "json")
    for log in (text, lines):
        log.begins()
    text.helped([("orders", "2.0.0", 1204)])
    assert "Helped with orders 2.0.0: 1,204 attachments in " in capsys.readouterr().err
    lines.helped([(f"pack-{number}", "2.0.0", 10) for number in range(1000)])
    (told,) = map(json.loads, capsys.readouterr().err.splitlines())
    assert (told["pack"], told["release"], told["attachments"]) == ("1,000 packs", None, 10_000)
    assert told["level"] == "info"
