"""The leader -> stopped past its lease while another finishes its work, and then continued."""

import subprocess
from collections.abc import Callable
from random import Random

from chaos.arena import Arena, Fault, ended_in_one_line, proceed, until_stopped
from chaos.content import content
from chaos.twins import Scene, scenes


def paused(arena: Arena, new_url: Callable[[], str], rng: Random, steps: int | None = None) -> int:
    """Stopped at some write of a pass; returns how often one of the two was turned away."""
    turned_away = 0
    for scene in scenes(arena, new_url, count=steps):
        fate = f"stop:{rng.randint(3, scene.writes)}"
        process = arena.start("apply", "--now", scene.step.now, fate=fate)
        until_stopped(process)
        act = _on_server if arena.on_server else _on_file
        turned_away += act(scene, process)
        arena.finish(scene.step.now)
    return turned_away


def _on_server(scene: Scene, process: "subprocess.Popen[str]") -> bool:
    """The lease runs out by the server's clock: another finishes, the first writes nothing."""
    arena = scene.arena
    arena.finish(scene.step.now)
    after = content(arena.store_url)
    proceed(process)
    done = ended_in_one_line(arena.end(process), 0, 1, 5)
    if content(arena.store_url) != after:
        raise Fault("a pass that was stopped past its lease wrote when it went on")
    if done.code and "took the lease over" not in done.told and "was lost" not in done.told:
        raise Fault(f"it does not say why it stopped: {done.told!r}")
    return done.code != 0


def _on_file(scene: Scene, process: "subprocess.Popen[str]") -> bool:
    """The lock stays with its process: the other is turned away, and the first finishes."""
    arena = scene.arena
    other = arena.run("apply", "--now", scene.step.now, "--lease-wait", "0")
    ended_in_one_line(other, 0, 6)
    proceed(process)
    ended_in_one_line(arena.end(process), 0)
    return other.code == 6
