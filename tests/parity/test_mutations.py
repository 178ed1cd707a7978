"""The check notices when any one formula changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch.nn.functional as F
from torch import Tensor

from sign2gpt.model.decoding import hypotheses
from sign2gpt.model.encoders import local_attention
from sign2gpt.model.frontends import spatial
from sign2gpt.model.language import gated_layer
from sign2gpt.systems.sign2gpt import prototypes, sign_encoder

Patch = pytest.MonkeyPatch


def wider_window(patch: Patch) -> None:
    right = local_attention.windowed
    patch.setattr(local_attention, "windowed", lambda q, k, v, n, window, p: right(q, k, v, n, window + 2, p))


def pool_by_two(patch: Patch) -> None:
    patch.setattr(sign_encoder, "POOL_DIVISOR", 2)


def no_sign_not_at_zero(patch: Patch) -> None:
    patch.setattr(prototypes, "with_no_sign", lambda cosines: F.pad(cosines, (0, 1), value=0.1))


def swapped_temperatures(patch: Patch) -> None:
    right = prototypes.PrototypeHead.forward

    def swapped(self: prototypes.PrototypeHead, z: Tensor, lengths: Tensor) -> prototypes.Presence:
        self.class_temperature, self.time_temperature = self.time_temperature, self.class_temperature
        return right(self, z, lengths)

    patch.setattr(prototypes.PrototypeHead, "forward", swapped)


def unclamped_temperatures(patch: Patch) -> None:
    patch.setattr(prototypes, "clamped", lambda temperature: temperature)


def unclamped_gate(patch: Patch) -> None:
    patch.setattr(gated_layer, "open_gate", lambda gate: gate)


def memory_without_norm(patch: Patch) -> None:
    patch.setattr(gated_layer.GatedLayer, "remember", lambda self, memory, mask: self.self_attn.remember(memory, mask))


def grid_without_offset(patch: Patch) -> None:
    patch.setattr(spatial, "GRID_OFFSET", 0.0)


def length_without_start(patch: Patch) -> None:
    patch.setattr(hypotheses.Scoring, "_normalise", lambda self, log_probability, n: log_probability / max(n - 1, 1))


def bound_of_what_ends_now(patch: Patch) -> None:
    right = hypotheses.Scoring.reachable
    patch.setattr(
        hypotheses.Scoring, "reachable", lambda self, log_probability, ids: right(self, log_probability, ids - 1)
    )


@pytest.mark.parametrize(
    ("mutate", "case", "first"),
    [
        (pool_by_two, "short", "enc_stage_1"),
        (no_sign_not_at_zero, "prototypes", "similarity"),
        (swapped_temperatures, "prototypes", "presence"),
        (unclamped_temperatures, "prototypes", "presence"),
        (unclamped_gate, "short", "logits"),
        (memory_without_norm, "short", "logits"),
        (grid_without_offset, "pos_embed", "grid16"),
        (length_without_start, "decoding_[ac]", "beam4_ids"),
        (bound_of_what_ends_now, "decoding_f", "beam4_ids"),
    ],
)
def test_a_changed_formula_is_found(
    mutate: Callable[[Patch], None],
    case: str,
    first: str,
    parity: ModuleType,
    small_cases: Path,
    tmp_path: Path,
    monkeypatch: Patch,
):
    assert_found(parity, small_cases, tmp_path, monkeypatch, mutate, case, first)


def test_a_wider_window_is_found(parity: ModuleType, golden: Path, tmp_path: Path, monkeypatch: Patch):
    assert_found(parity, golden, tmp_path, monkeypatch, wider_window, "odd", "enc_stage_0")


def assert_found(
    parity: ModuleType,
    source: Path,
    folder: Path,
    monkeypatch: Patch,
    mutate: Callable[[Patch], None],
    case: str,
    first: str,
) -> None:
    for path in source.glob(f"{case}.*"):
        (folder / path.name).symlink_to(path.resolve())
    assert parity.main([str(folder)]) == 0
    mutate(monkeypatch)
    wrong = [row.tensor for row in parity.check(folder) if not row.agrees]
    assert any(tensor.endswith(first) for tensor in wrong), wrong
    assert parity.main([str(folder)]) == 1
