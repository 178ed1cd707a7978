"""Checkpoints: safetensors and JSON, whole or absent, enough to go on with the same bits."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from sign2gpt.common.checksums import check_sums, write_sums
from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_folder, read_json, recover_folder, write_json
from sign2gpt.model.runs.run import WEIGHTS
from sign2gpt.model.sign_model import moving_weights
from sign2gpt.model.weights import is_finite, write_tensors
from sign2gpt.training.optim import trainable

FOLDER, LAST, BEST = "checkpoints", "last", "best"
OPTIMIZER, PROGRESS = "optimizer.safetensors", "progress.json"
FILES = {LAST: (WEIGHTS, OPTIMIZER, PROGRESS), BEST: (WEIGHTS, PROGRESS)}


@dataclass
class Progress:
    """How far a training has come, and the figures on dev of its last and its best evaluation.

    Attributes:
        stale: evaluations since the figure that chooses was last better, or since the last plateau.
        plateaus: how often as many as the recipe's ``patience`` were stale.
    """

    step: int = 0
    epoch: int = 0
    batches: int = 0
    log_bytes: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    best_figures: dict[str, float] = field(default_factory=dict)
    plateaus: int = 0
    stale: int = 0


def recover(folder: Path) -> None:
    """Puts right the checkpoints that a kill left between two places; one process does it for all.

    Raises:
        UserError: a checkpoint is damaged; both are looked at, since the best one is read when all steps are done.
    """
    for name in (LAST, BEST):
        recover_folder(folder / FOLDER / name)
    again = f"remove {folder / FOLDER} and run the same command to train again from the first step"
    advice = f"put it back from a copy, or {again}"
    for name, files in FILES.items():
        for path in (folder / FOLDER / name / file for file in files):
            if path.parent.is_dir() and (why := _damage(path)):
                raise UserError(f"{path}: damaged ({why}); {advice}")
        check_sums(folder / FOLDER / name, advice=advice)


def _damage(path: Path) -> str | None:
    """Why a file of a checkpoint cannot be read, if so; a file of tensors names its length first."""
    try:
        if path.suffix == ".json":
            Progress(**read_json(path))
        else:
            with safe_open(path, "pt"):
                pass
    except UserError as error:
        return str(error).removeprefix(f"{path}: ")
    except (SafetensorError, OSError, TypeError) as error:
        return str(error).partition("\n")[0]
    return None


def save_last(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Keeps everything that a training goes on from."""
    with atomic_folder(folder / FOLDER / LAST) as partial:
        write_tensors(moving_weights(model), partial / WEIGHTS)
        write_tensors(_flatten(model, optimizer), partial / OPTIMIZER)
        write_json(partial / PROGRESS, asdict(progress))
        write_sums(partial, (WEIGHTS, OPTIMIZER, PROGRESS))


def load_last(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Puts ``model`` and ``optimizer`` back to the last checkpoint; a fresh `Progress` where there is none."""
    last = folder / FOLDER / LAST
    if not last.is_dir():
        return Progress()
    load_moving_weights(model, last / WEIGHTS)
    _restore(model, optimizer, load_file(last / OPTIMIZER))
    return Progress(**read_json(last / PROGRESS))


def save_best(folder: Path, model: nn.Module, progress: Progress) -> None:
    """Keeps the weights of the best epoch so far."""
    with atomic_folder(folder / FOLDER / BEST) as partial:
        write_tensors(moving_weights(model), partial / WEIGHTS)
        write_json(partial / PROGRESS, asdict(progress))
        write_sums(partial, (WEIGHTS, PROGRESS))


def load_best(folder: Path, model: nn.Module) -> None:
    """Puts the weights of the best epoch into ``model``."""
    load_moving_weights(model, folder / FOLDER / BEST / WEIGHTS)


def load_moving_weights(model: nn.Module, path: Path) -> None:
    """Reads what `moving_weights` had; the names must be the same.

    Raises:
        UserError: a weight is not finite.
    """
    stored = load_file(path)
    assert stored.keys() == moving_weights(model).keys(), f"{path} is of another model"
    if odd := [name for name, value in stored.items() if not is_finite(value)]:
        raise UserError(f"{path}: {odd[0]} holds values that are not finite; remove its folder to begin anew")
    model.load_state_dict(stored, strict=False)


def _flatten(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    return {
        f"{name}/{key}": value.detach().cpu().contiguous()
        for name, parameter in trainable(model)
        for key, value in optimizer.state.get(parameter, {}).items()
    }


def _restore(model: nn.Module, optimizer: torch.optim.Optimizer, stored: dict[str, torch.Tensor]) -> None:
    for name, parameter in trainable(model):
        prefix = f"{name}/"
        optimizer.state[parameter] = {
            key.removeprefix(prefix): value.to(parameter.device)
            for key, value in stored.items()
            if key.startswith(prefix)
        }
