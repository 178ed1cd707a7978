"""Files of tensors: read with errors that help, never by running code that a file holds."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sign2gpt.common.errors import Problems, UserError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Reads a ``.safetensors`` file, or what ``torch.save`` wrote, tensors alone.

    Raises:
        UserError: the file is absent, damaged, or holds anything but tensors under names.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except pickle.UnpicklingError:
        raise UserError(f"{path}: no file of weights, or one that holds code, which is never run") from None
    except (SafetensorError, RuntimeError, EOFError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as weights ({str(error).splitlines()[0]})") from None
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise UserError(f"{path}: must hold tensors under their names, and nothing else")
    return found


def load_exactly(module: nn.Module, weights: Mapping[str, Tensor], names: Iterable[str], where: str) -> None:
    """Puts ``weights`` under ``names`` into ``module``; meta tensors become real, names and shapes must be these.

    Raises:
        UserError: a name is missing, unknown or of another shape; all of them in one error.
    """
    own = module.state_dict()
    wanted = {name: own[name].shape for name in names}
    problems = Problems(where)
    for what, odd in (("missing", wanted.keys() - weights.keys()), ("unknown", weights.keys() - wanted.keys())):
        if odd:
            problems.add(f"{len(odd)} {what} weights: {', '.join(sorted(odd)[:8])}{', ...' if len(odd) > 8 else ''}")
    for name in sorted(wanted.keys() & weights.keys()):
        if weights[name].shape != wanted[name]:
            problems.add(f"{name} is {tuple(weights[name].shape)}, must be {tuple(wanted[name])}")
    problems.raise_if_any()
    module.load_state_dict(dict(weights), strict=False, assign=True)


def fingerprint(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and float32 values, the same for any file format that holds them."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].detach().float().cpu().contiguous().numpy().data)
    return digest.hexdigest()
