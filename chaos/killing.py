"""Reconcilers -> killed with kill -9: at the n-th write of a pass, or whenever it happens to be."""

import signal
import time
from collections.abc import Callable
from random import Random

from chaos.arena import Arena, Fault
from chaos.twins import Scene, scenes


def at_writes(arena: Arena, new_url: Callable[[], str], rng: Random, kills: int) -> int:
    """A season in which each pass is killed `kills` times; returns how many were hit."""
    hit = 0
    for scene in scenes(arena, new_url):
        for _ in range(kills):
            hit += _killed_at(scene, rng.randint(1, scene.writes))
        arena.finish(scene.step.now)
    return hit


def _killed_at(scene: Scene, number: int) -> int:
    """1 when the pass lived until that write; less is left to do after each kill."""
    done = scene.arena.run("apply", "--now", scene.step.now, fate=f"kill:{number}")
    if done.code not in (0, -signal.SIGKILL):
        raise Fault(f"killed at write {number} of {scene.step.name}: {done.code}, {done.told}")
    return int(done.code != 0)


def at_random_moments(arena: Arena, new_url: Callable[[], str], rng: Random, kills: int) -> int:
    """A season in which a pass, whatever it is doing, is killed after a random time."""
    hit = 0
    for scene in scenes(arena, new_url):
        started = time.monotonic()
        scene.arena.run("plan", "--now", scene.step.now)
        longest = 2 * (time.monotonic() - started)
        for _ in range(kills):
            process = arena.start("apply", "--now", scene.step.now)
            time.sleep(rng.uniform(0.0, longest))
            process.kill()
            hit += int(arena.end(process).code != 0)
        arena.finish(scene.step.now)
    return hit
