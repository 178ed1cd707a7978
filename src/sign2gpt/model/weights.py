"""Files of tensors: read with errors that help, never by running code that a file holds."""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import reprlib
import struct
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sign2gpt.common.checksums import CRC32, crc32
from sign2gpt.common.errors import Problems, UserError
from sign2gpt.common.files import check_file
from sign2gpt.common.progress import say

# What safetensors and torch's restricted unpickler raise on cut or changed bytes.
CUT = (SafetensorError, RuntimeError, EOFError, OSError, struct.error)
CHANGED = (AssertionError, AttributeError, LookupError, TypeError, ValueError)

HOLDERS = ("state_dict", "model_state_dict", "model", "teacher", "student", "module")
"""Keys that checkpoints have their weights under; of several the first, so of self-distillation the teacher's."""
DEEPEST = 8
"""Most holders within each other."""
PREFIXES: dict[str, tuple[str, ...]] = {
    "module.": (),
    "teacher.": ("student.",),
    "backbone.": ("head.", "dino_head.", "ibot_head.", "dino_loss.", "ibot_patch_loss."),
}
"""Prefixes of a whole model's names, each with those of what its training had next to it."""
COMPILED = re.compile(r"(^|\.)_orig_mod\.")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Reads a ``.safetensors`` file, or what ``torch.save`` wrote, without what training tools wrap around weights.

    Taken is what lies under `HOLDERS`, however deep. Names lose the prefixes of data parallel (``module.``), of
    ``torch.compile`` (``_orig_mod.``), and of a self-distilled model's ``teacher.`` and ``backbone.``, whose student
    and heads are left out. What was taken is reported on stderr.

    Raises:
        UserError: the file is absent, damaged, or holds anything but tensors under names.
    """
    check_file(path)
    try:
        if path.suffix == ".safetensors":
            return _bare(load_file(path), [], path)
        with torch.serialization.safe_globals([Namespace]):  # a training's arguments, plain values
            found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except pickle.UnpicklingError as error:
        code = re.search(r"GLOBAL ([\w.]+)", str(error))
        held = f"holds code ({code[1]}), which is never run; save its tensors alone" if code else "no file of weights"
        raise UserError(f"{path}: {held}") from None
    except (*CUT, *CHANGED) as error:
        why = str(error).partition("\n")[0] or "it ends too early"
        raise UserError(f"{path}: cannot be read as weights ({why})") from None
    opened: list[str] = []
    while isinstance(found, dict) and len(opened) < DEEPEST:
        key = next((key for key in HOLDERS if isinstance(found.get(key), dict)), None)
        if key is None:
            break
        found = found[key]
        opened.append(key)
    if not isinstance(found, dict):
        raise UserError(f"{path}: must hold tensors under their names, and nothing else")
    for key, value in found.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            why = f"{reprlib.repr(key)} is {type(value).__name__}"
            raise UserError(f"{path}: must hold tensors under their names, and nothing else ({why})")
    return _bare(found, opened, path)


def _bare(weights: dict[str, Tensor], opened: list[str], path: Path) -> dict[str, Tensor]:
    """Weights without the prefixes of the tools that trained them; ``opened``: what they lay under in the file."""
    prefixes: list[str] = []
    if any(COMPILED.search(name) for name in weights):
        weights = {COMPILED.sub(r"\1", name): value for name, value in weights.items()}
        prefixes.append("_orig_mod.")
    while prefix := next((prefix for prefix in PREFIXES if _wraps(prefix, weights)), None):
        weights = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
        prefixes.append(prefix)
    if opened or prefixes:
        under = f" under {'.'.join(opened)}" if opened else ""
        without = f", without {' and '.join(prefixes)} in their names" if prefixes else ""
        say(f"{path}: {len(weights):,} weights{under}{without}")
    return weights


def _wraps(prefix: str, weights: Mapping[str, Tensor]) -> bool:
    """Whether what has the prefix is the model, and the rest what its training needed."""
    rest = PREFIXES[prefix]
    others = [name for name in weights if not name.startswith(prefix)]
    return 0 < len(weights) > len(others) and all(name.startswith(rest) for name in others)


def write_tensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Writes a ``.safetensors`` file.

    Raises:
        OSError: it cannot be written; safetensors has an error of its own for that.
    """
    try:
        save_file(tensors, path, metadata)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from None


def load_exactly(
    module: nn.Module,
    weights: Mapping[str, Tensor],
    where: str,
    *,
    optional: Callable[[str], bool] = lambda name: False,
) -> None:
    """Puts ``weights`` into ``module``, whose meta tensors become real; names and shapes must be the module's.

    Args:
        where: what an error names.
        optional: tells which names may be absent on either side.

    Raises:
        UserError: a name is missing, unknown, of another shape or not finite; all of them in one error.
    """
    own = module.state_dict()
    problems = Problems(where)
    for what, odd in (("missing", own.keys() - weights.keys()), ("unknown", weights.keys() - own.keys())):
        names = sorted(name for name in odd if not optional(name))
        if names:
            problems.add(f"{len(names)} {what} weights{_hint(names, own)}: {', '.join(names)}")
    known = sorted(own.keys() & weights.keys())
    for name in known:
        if weights[name].shape != own[name].shape:
            problems.add(f"{name} is {tuple(weights[name].shape)}, must be {tuple(own[name].shape)}")
    for name in (name for name in known if not is_finite(weights[name])):
        problems.add(f"{name} holds values that are not finite (NaN or infinity); copy or convert the weights again")
    problems.raise_if_any()
    module.load_state_dict({name: _like(weights[name], own[name]) for name in known}, strict=False, assign=True)


def _hint(names: list[str], own: Mapping[str, Tensor]) -> str:
    """Names the prefix that all ``names`` share, where they would be the module's own without it."""
    prefix = f"{names[0].partition('.')[0]}."
    shared = all(name.startswith(prefix) and name.removeprefix(prefix) in own for name in names)
    return f" (they fit without the prefix {prefix})" if shared else ""


def _like(value: Tensor, own: Tensor) -> Tensor:
    return value.to(dtype=own.dtype, device=value.device if own.is_meta else own.device)


def is_finite(tensor: Tensor) -> bool:
    """Whether a tensor holds neither NaN nor infinity; its extremes show it ten times as fast as all its values."""
    if not tensor.is_floating_point() or tensor.is_meta or not tensor.numel():
        return True
    low, high = (tensor if tensor.itemsize > 1 else tensor.float()).aminmax()
    return bool(low.isfinite()) and bool(high.isfinite())


def tensors_crc32(tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 over names, kinds, shapes and values, in eight hexadecimal digits."""
    parts: list[bytes | memoryview] = []
    for name, tensor in sorted(tensors.items()):
        parts.append(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        parts.append(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return crc32(*parts)


def save_with_crc32(tensors: dict[str, Tensor], path: Path) -> None:
    """Writes a safetensors file whose metadata hold its CRC-32."""
    write_tensors(tensors, path, {CRC32: tensors_crc32(tensors)})


def read_with_crc32(path: Path) -> dict[str, Tensor] | None:
    """The finite tensors that `save_with_crc32` wrote; None where the file is absent or not as it was written."""
    try:
        with safe_open(path, "pt") as file:
            noted = (file.metadata() or {}).get(CRC32)
        tensors = load_file(path)
    except (*CUT, *CHANGED):
        return None
    whole = noted == tensors_crc32(tensors) and all(map(is_finite, tensors.values()))
    return tensors if whole else None


def fingerprint(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and float32 values, the same for any file format that holds them."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].detach().float().cpu().contiguous().numpy().data)
    return digest.hexdigest()
