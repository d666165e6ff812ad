"""Several processes read the same as one; each test has a process of its own to fork from."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SETUP = """
import multiprocessing, os, signal, threading
from reconciler.manifests import parallel
from reconciler.manifests.documents import read_file
from reconciler.manifests.readings import to_json
from reconciler.ports import ManifestFile

parallel.BATCH_BYTES = 2_000
parallel._processors = lambda: 2
TEXTS = [
    b"apiVersion: reconciler/v1\\nkind: ManagedAccount\\nmetadata: {name: a%d}\\n" % n
    + (b"spec: {status: 1.10}\\n" if n % 7 == 0 else b"")
    for n in range(1_000)
]
EXPECTED = [to_json(read_file(text)) for text in TEXTS]

def contents(before=lambda n: None):
    for n, text in enumerate(TEXTS):
        before(n)
        yield ManifestFile(path=f"{n}.yaml", blob_id=""), text
"""


def outcome(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SETUP + script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_lines_come_in_order_and_as_one_process_would_write_them() -> None:
    assert outcome("print(list(parallel.lines(contents())) == EXPECTED)") == "True"


def test_a_process_that_is_killed_costs_no_line() -> None:
    script = """
def kill(n):
    if n == 400:
        os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)

print(list(parallel.lines(contents(kill))) == EXPECTED)
"""
    assert outcome(script) == "True"


def test_processes_end_when_the_reader_stops_early() -> None:
    script = """
found = parallel.lines(contents())
next(found)
found.close()
print(multiprocessing.active_children())
"""
    assert outcome(script) == "[]"


def test_few_files_are_read_by_one_process_and_so_are_many_beside_another_thread() -> None:
    script = """
print(parallel.worthwhile(4_999), parallel.worthwhile(5_000))
end = threading.Event()
threading.Thread(target=end.wait).start()
print(parallel.worthwhile(5_000))
end.set()
"""
    expected = "False True" if sys.platform == "linux" else "False False"
    assert outcome(script).split("\n") == [expected, "False"]


def test_a_snapshot_with_many_files_is_read_as_one_with_few() -> None:
    script = """
from reconciler.manifests import read as reading
from reconciler.ports import PathLookup, PathState

class Many:
    revision = None
    def manifests(self):
        files = range(len(TEXTS))
        return tuple(ManifestFile(path=f"{n:04}.yaml", blob_id=f"{n:040}") for n in files)
    def read(self, files):
        return ((file, TEXTS[int(file.path[:4])]) for file in files)
    def lookup(self, path):
        return PathLookup(state=PathState.MISSING)
    def content(self, path):
        return b""
    def troubles(self):
        return ()

alone = reading.read(Many())
parallel.MIN_FILES = 100
import tempfile, pathlib
with tempfile.TemporaryDirectory() as folder:
    for expected_fresh in range(2):
        print(reading.read(Many(), pathlib.Path(folder)) == alone)
"""
    assert outcome(script).split() == ["True", "True"]
