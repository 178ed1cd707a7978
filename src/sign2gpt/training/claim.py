"""Whose an output folder is: a new one, this training's to go on with, a finished one's, or somebody else's."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import clear_partial, read_json, recover_folder, sha256, write_json
from sign2gpt.common.locks import is_left
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.pseudo_glosses import FILE
from sign2gpt.data.tables import METADATA
from sign2gpt.model.runs.run import WEIGHTS
from sign2gpt.training.config import OptimisationConfig, TrainConfig
from sign2gpt.training.job import Job

if TYPE_CHECKING:
    from sign2gpt.training.stage import Stage

CLAIM = "training.json"
HARMLESS = {
    "data": {"corpus", "workers", "cache_gb", "shards_gb"},
    "stage": {"output", "save_minutes", "batch", "shard"},
}
"""Keys that do not change the result, `batch` for what a step holds is told instead: a training goes on after them."""

LARGE = 500_000_000
"""Bytes of weights over which their hash would take too long at each start."""


class State(Enum):
    NEW = "new"
    BEGUN = "begun"
    FINISHED = "finished"


def identify(stage: Stage, job: Job, config: OptimisationConfig, corpus: Corpus, processes: int) -> dict[str, Any]:
    """All that the result of a stage depends on: of batch and processes, the clips of a step of all together."""
    tables = sorted(corpus.folder.glob(f"*/{METADATA}"))
    glosses = corpus.folder / FILE
    identity = {
        "stage": stage.name,
        "seed": job.seed,
        "clips a step (batch x processes)": None if config.frames_a_step else config.batch * processes,
        "data": job.data.model_dump(mode="json", exclude=HARMLESS["data"]),
        "frames": job.frames.model_dump(mode="json"),
        "model": job.model.model_dump(mode="json", exclude=set(stage.unused)),
        stage.name: config.model_dump(mode="json", exclude=HARMLESS["stage"]),
        "corpus": {str(path.relative_to(corpus.folder)): sha256(path) for path in [*tables, glosses] if path.exists()},
    }
    if isinstance(config, TrainConfig):
        paths = {name: Path(folder) / WEIGHTS for name, folder in stage.weights(job, config).items() if folder}
        identity["protocol"] = job.protocol
        identity["weights"] = {name: sha256(path) for name, path in paths.items() if _small(path)}
    return identity


def defaults(job: Job, config: OptimisationConfig) -> dict[str, Any]:
    """What a key did before it existed: a training begun by an older version goes on where the recipe leaves it so."""
    name = "train" if isinstance(config, TrainConfig) else "pretrain"
    sections = {"data": job.data, "frames": job.frames, "model": job.model, name: config}
    return {key: type(section).model_construct().model_dump(mode="json") for key, section in sections.items()}


def _small(path: Path) -> bool:
    """Whether a file of weights may have changed and can be hashed at each start; large ones never change."""
    return path.is_file() and path.stat().st_size < LARGE


def claimed(folder: Path) -> dict[str, Any] | None:
    """What a training wrote when it took the folder; None where the folder is free.

    Raises:
        UserError: the folder holds something else, or what was written there is damaged.
    """
    if not folder.exists() or (folder.is_dir() and all(map(is_left, folder.iterdir()))):
        return None
    if not (folder / CLAIM).is_file():
        raise UserError(f"{folder} holds something that is no training of ours; name another output folder")
    match read_json(folder / CLAIM):
        case {"identity": dict(), "finished": bool()} as stored:
            return stored
        case _:
            raise UserError(f"{folder / CLAIM}: does not tell whose the folder is; name another output folder")


def look(folder: Path, identity: dict[str, Any], usual: dict[str, Any]) -> State:
    """What a training of this identity finds at its output folder; nothing is written.

    Args:
        identity: all that the result depends on, as JSON.
        usual: what a key that was not there before stands for.

    Raises:
        UserError: the folder holds something else, or a training with another identity (the differences are told).
    """
    stored = claimed(folder)
    if stored is None:
        return State.NEW
    told = differences(stored["identity"], identity, usual)
    if told:
        raise UserError(
            f"{folder} holds a training with another recipe ({'; '.join(told)}); "
            "name another output folder, or remove this one to begin anew"
        )
    return State.FINISHED if stored["finished"] else State.BEGUN


def begin(folder: Path, identity: dict[str, Any], usual: dict[str, Any]) -> State:
    """Takes the folder for a training of this identity, unless it is taken already; raises as `look`."""
    recover_folder(folder)
    state = look(folder, identity, usual)
    clear_partial(folder)
    if state is State.NEW:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / CLAIM, {"identity": identity, "finished": False})
    return state


def finish(folder: Path, identity: dict[str, Any]) -> None:
    """Marks the training as finished: it is left alone from now on."""
    write_json(folder / CLAIM, {"identity": identity, "finished": True})


def differences(before: Any, after: Any, defaults: Any = None, key: str = "") -> list[str]:
    """Where two JSON documents differ: ``train.epochs 5 -> 6``.

    Args:
        defaults: what a key that ``before`` does not have stands for.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        usual = defaults if isinstance(defaults, dict) else {}
        names = [*before, *(name for name in after if name not in before)]
        return [
            told
            for name in names
            for told in differences(
                before.get(name, usual.get(name)), after.get(name), usual.get(name), f"{key}.{name}" if key else name
            )
        ]
    return [] if before == after else [f"{key} {before} -> {after}"]
