"""What a config says of a model's size, compared with the weights that are there before memory is taken for it."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import check_file

MOST_COMPUTED = 1 << 30
"""Values of masks and positions that a language model computes: GPT-2's masks have 50 million."""


@contextmanager
def unfilled() -> Generator[None]:
    """Modules built inside have shapes alone: their tensors are on the meta device."""
    with torch.device("meta"), _Undrawn():
        yield


class _Undrawn(TorchFunctionMode):
    """Draws nothing on the meta device, for which torch would import its compiler: seconds, for numbers of no value."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        match getattr(func, "__name__", ""):
            case "normal_" | "uniform_":
                return args[0] if args else kwargs["tensor"]
            case "randn" | "rand":
                return torch.empty(*args, **kwargs)
            case _:
                return func(*args, **kwargs)


def check_held(claimed: nn.Module, names: Collection[str], files: Iterable[Path], where: str) -> None:
    """Compares what a config says of a model's size with the files of its weights, before memory is taken for it.

    Args:
        claimed: the model on the meta device, of which ``names`` are stored in ``files``.

    Raises:
        UserError: there are more values than bytes, or what is computed beside the weights would be too large.
    """
    state = claimed.state_dict()
    values, held = sum(state[name].numel() for name in names), 0
    for path in files:
        check_file(path)
        held += path.stat().st_size
    if values > held:
        raise UserError(f"{where}: {held:,} bytes cannot hold the {values:,} weights of its config; copy it again")
    if sum(buffer.numel() for buffer in claimed.buffers()) > MOST_COMPUTED:
        raise UserError(f"{where}: its config asks for tables of over {MOST_COMPUTED:,} values beside its weights")
