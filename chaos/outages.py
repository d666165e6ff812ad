"""The database -> restarted, cut off, slow or silent in the middle of a pass."""

import subprocess
from collections.abc import Callable
from random import Random

from chaos.arena import Arena, Done, Fault, ended_in_one_line, proceed, until, until_stopped
from chaos.content import content
from chaos.proxy import Line, between
from chaos.server import Server
from chaos.twins import Scene, scenes

NewUrl = Callable[[], str]
_MODES = ("fast", "immediate")


def restarted(
    arena: Arena, new_url: NewUrl, rng: Random, server: Server, steps: int | None = None
) -> int:
    """The server is restarted while a pass is in the middle of its writes, in turn both ways."""
    lost = 0
    for number, scene in enumerate(scenes(arena, new_url, count=steps)):
        fate = f"stop:{rng.randint(2, scene.writes)}"
        process = arena.start("apply", "--now", scene.step.now, fate=fate)
        until_stopped(process)
        server.restart(_MODES[number % 2])
        proceed(process)
        lost += ended_in_one_line(arena.end(process), 0, 1).code
        arena.finish(scene.step.now)
    return lost


def cut_off(
    arena: Arena, new_url: NewUrl, rng: Random, server: Server, steps: int | None = None
) -> int:
    """The connection breaks after some answer, that of a COMMIT too."""
    lost = 0
    for scene in scenes(arena, new_url, count=steps):
        line = Line(cut_at=rng.randint(8, 8 + scene.writes))
        lost += ended_in_one_line(_behind(scene, server, line), 0, 1).code
        arena.finish(scene.step.now)
    return lost


def slow(
    arena: Arena, new_url: NewUrl, rng: Random, server: Server, steps: int | None = None
) -> int:
    """Each answer takes its time, so that a pass lasts longer than its lease; returns answers."""
    answers = 0
    for scene in scenes(arena, new_url, count=steps):
        line = Line(delay_seconds=rng.uniform(0.01, 0.03))
        ended_in_one_line(_behind(scene, server, line), 0)
        answers += line.answers
    return answers


def silent(
    arena: Arena, new_url: NewUrl, rng: Random, server: Server, steps: int | None = None
) -> int:
    """The line falls silent: the pass hangs, another takes over, and the first does no harm."""
    hung = 0
    for scene in scenes(arena, new_url, count=steps):
        line = Line(silent_at=rng.randint(8, 8 + scene.writes))
        with between(server.home, line) as folder:
            url = arena.store_url.replace(str(server.home), str(folder))
            process = arena.start("apply", "--now", scene.step.now, url=url)
            _until_silent(process, line)
            hung += process.poll() is None
            arena.finish(scene.step.now)
            after = content(arena.store_url)
        ended_in_one_line(arena.end(process), 0, 1, 5)
        if content(arena.store_url) != after:
            raise Fault("a pass that had been cut off wrote after another had finished its work")
    return hung


def _until_silent(process: "subprocess.Popen[str]", line: Line) -> None:
    until(lambda: line.silent.is_set() or process.poll() is not None)


def _behind(scene: Scene, server: Server, line: Line) -> Done:
    arena = scene.arena
    with between(server.home, line) as folder:
        url = arena.store_url.replace(str(server.home), str(folder))
        return arena.run("apply", "--now", scene.step.now, url=url)
