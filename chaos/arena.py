"""A repository and a store -> commands in processes of their own, and what became of them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from chaos.publisher import Publisher

_LONGEST_SECONDS = 300
TOP = Path(__file__).parents[1]


class Fault(AssertionError):
    """What the product must never do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a process ended; a negative code is the signal that ended it."""

    code: int
    out: str
    told: str


@dataclass
class Arena:
    """One install base, and whoever works on it."""

    publisher: Publisher
    store_url: str
    folder: Path
    batch: int = 10_000
    lease_seconds: float = 1.0
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def on_server(self) -> bool:
        return self.store_url.startswith("postgresql")

    def start(
        self,
        *words: str,
        fate: str = "",
        url: str | None = None,
        before: Callable[[], None] | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> "subprocess.Popen[str]":
        """`reconciler WORDS` beside whatever runs; `before` runs in the new process, first."""
        process = subprocess.Popen(
            [sys.executable, "-m", "chaos.command", *words],
            cwd=self.publisher.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(TOP),
                "XDG_CACHE_HOME": str(self.folder / "cache"),
                "RECONCILER_STORE": url or self.store_url,
                "RECONCILER_LEASE_SECONDS": str(self.lease_seconds),
                "CHAOS_BATCH": str(self.batch),
                "CHAOS_FATE": fate,
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,
        )
        self.started.append(process)
        return process

    def end(self, process: "subprocess.Popen[str]") -> Done:
        """Waits for it. Raises Fault for a traceback, or when it never ends."""
        try:
            out, told = process.communicate(timeout=_LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Fault(f"{process.args!r} did not end in {_LONGEST_SECONDS} s") from None
        self.started.remove(process)
        if "Traceback" in told or "this is a bug" in told:
            raise Fault(f"{process.args!r} showed its insides: {told}")
        return Done(code=process.returncode, out=out, told=told)

    def run(
        self,
        *words: str,
        fate: str = "",
        url: str | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Done:
        """A command from its start to its end."""
        return self.end(self.start(*words, fate=fate, url=url, environment=environment))

    def finish(self, now: str) -> None:
        """A pass that nothing happens to. Raises Fault when it can't do its work."""
        done = self.run("apply", "--now", now)
        if done.code != 0:
            raise Fault(f"a pass after the fault ended with {done.code}: {done.told}")

    def counted_writes(self, now: str) -> int:
        """An undisturbed pass; how many writes it took."""
        counter = self.folder / "writes"
        done = self.run("apply", "--now", now, environment={"CHAOS_COUNT": str(counter)})
        if done.code != 0:
            raise Fault(f"an undisturbed pass ended with {done.code}: {done.told}")
        return int(counter.read_text())

    def close(self) -> None:
        """Nothing that was started outlives the arena."""
        for process in self.started:
            process.kill()
            process.communicate()
        self.started.clear()


def ended_in_one_line(done: Done, *codes: int) -> Done:
    """A line that says what happened, at most one more that says what to do; else a Fault."""
    if done.code not in codes or len(done.told.splitlines()) > 2 * (done.code != 0):
        raise Fault(f"ended with {done.code}, and said: {done.told!r}")
    return done


def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Looks again and again. Raises Fault when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Fault(f"did not come about in {seconds:.0f} s")
        time.sleep(0.01)


def until_stopped(process: "subprocess.Popen[str]") -> None:
    """Waits until SIGSTOP has stopped it, or it has ended."""
    until(lambda: _is_stopped(process))


def _is_stopped(process: "subprocess.Popen[str]") -> bool:
    what = os.WSTOPPED | os.WEXITED | os.WNOWAIT | os.WNOHANG
    return process.returncode is not None or os.waitid(os.P_PID, process.pid, what) is not None


def proceed(process: "subprocess.Popen[str]") -> None:
    """Goes on where it was stopped."""
    process.send_signal(signal.SIGCONT)
