"""Runs stages of recipes in processes that are killed (kill -9) at one of their file operations.

Reads lines ``RECIPE STAGE [POINT ...]``. Each POINT is the number of the operation in the output folder at which one
attempt dies; a last attempt is left alone, and how many operations it did is the answer. Attempts are forked, so that
libraries are imported once.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from forked import import_all

from sign2gpt.model.runs.run import StageName
from sign2gpt.pipeline import job_of
from sign2gpt.recipe import load
from sign2gpt.systems import system_named
from sign2gpt.training.stage import run_stage

OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


def attempt(recipe: str, stage: StageName, point: int | None) -> None:
    loaded = load(recipe)
    config = getattr(loaded, stage)
    done = 0

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal done
        if event in OPERATIONS and any(config.output in str(argument) for argument in arguments[:2]):
            done += 1
            if done == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    torch.set_num_threads(1)
    run_stage(system_named(loaded.model.system).stage(stage), job_of(loaded), config)
    print(done, flush=True)


def answer(recipe: str, stage: StageName, *points: str) -> None:
    for point in [*map(int, points), None]:
        child = os.fork()
        if child == 0:
            attempt(recipe, stage, point)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert died if point is not None else status == 0, f"attempt {point} ended with {status}"


if __name__ == "__main__":
    import_all()
    for line in sys.stdin:
        answer(*line.split())
