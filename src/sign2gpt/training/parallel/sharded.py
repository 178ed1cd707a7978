"""Frozen matrices shared out among the processes of a run while it trains: each keeps some rows of every one.

They are held as FSDP2 holds them, as DTensors split by rows, and gathered for each product. Its own hooks are not used:
they stand on a module's ``forward`` alone, while a frozen layer here also remembers clips, they cannot be taken off for
evaluation and saving, and what trains is small enough to be whole everywhere.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from sign2gpt.common.processes import Processes, together
from sign2gpt.model.frozen_linear import keep, restore
from sign2gpt.model.sign_model import SignModel


class ShardedWeights:
    """The frozen matrices of a model; all processes must compute the same products in the same order while they share.

    Args:
        wanted: whether to share out at all; a run of one process never does.
    """

    def __init__(self, model: SignModel, processes: Processes, *, wanted: bool) -> None:
        self.device, self.world = processes.device, processes.world
        self.layers = frozen_layers(model) if wanted and processes.world > 1 else []

    @contextmanager
    def scattered(self) -> Generator[None]:
        """Each process has its rows alone inside; after an error it stays so, since others may be gone."""
        self._scatter()
        yield
        self._gather()

    @contextmanager
    def gathered(self) -> Generator[None]:
        """Inside `scattered`: the matrices are whole again, bit for bit, and processes may go their own ways."""
        self._gather()
        yield
        self._scatter()

    def _scatter(self) -> None:
        if self.layers:
            mesh = init_device_mesh(self.device.type, (self.world,))
            for layer in self.layers:
                keep(layer, distribute_tensor(layer.weight.data, mesh, [Shard(0)], src_data_rank=None), whole)

    def _gather(self) -> None:
        for layer in self.layers:
            matrix = whole(cast(Tensor, layer.kept), layer.weight.dtype)
            restore(layer)
            layer.weight.data = matrix


def frozen_layers(model: SignModel) -> list[nn.Linear]:
    """The linear layers whose matrices are shared out: those that neither train nor have adapters inside.

    The language model's output layer is none of them: the loss takes it for so many tokens at a time, and each process
    has another number of them.
    """
    ends = set() if model.language_model is None else set(model.language_model.children())
    linear = [layer for layer in model.modules() if type(layer) is nn.Linear and layer not in ends]
    return [layer for layer in linear if not layer.weight.requires_grad]


def whole(rows: Tensor, dtype: torch.dtype) -> Tensor:
    """The matrix whose rows the processes have."""
    with together():
        return cast(DTensor, rows.to(dtype)).full_tensor()
