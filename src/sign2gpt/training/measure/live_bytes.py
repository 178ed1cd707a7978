"""Bytes of tensors that are alive, counted as they are made: on any device, and of tensors without content."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode, is_traceable_wrapper_subclass
from torch.utils._pytree import tree_leaves


def held(tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """The plain tensors that hold the values: of a quantised matrix its parts, of a sharded one this process' part."""
    found: list[torch.Tensor] = []
    for tensor in tensors:
        if is_traceable_wrapper_subclass(tensor):
            parts = (getattr(tensor, name) for name in tensor.__tensor_flatten__()[0])
            found += held(part for part in parts if isinstance(part, torch.Tensor))
        else:
            found.append(tensor)
    return found


class LiveBytes(TorchDispatchMode):
    """Counts the storages that operators make inside the block, for as long as anything holds them.

    What an operator takes and gives back within itself is not seen.

    Attributes:
        now: bytes alive.
        peak: the most that ever were.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._known: dict[int, weakref.ref[torch.UntypedStorage]] = {}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, torch.Tensor):
                self._count(value.untyped_storage())
        return result

    def ignore(self, tensors: Sequence[torch.Tensor]) -> None:
        """Leaves out storages that were there before, which operators that work in place give back."""
        for tensor in tensors:
            storage = tensor.untyped_storage()
            self._known[storage._cdata] = weakref.ref(storage)

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._known:
            return

        def gone(_: object) -> None:
            self.now -= size
            del self._known[key]

        self._known[key] = weakref.ref(storage, gone)
        self.now += size
        self.peak = max(self.peak, self.now)
