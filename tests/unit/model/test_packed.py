from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.model import packed

lengths = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(torch.tensor)


@given(lengths)
def test_padding_and_packing_undo_each_other(lengths: torch.Tensor):
    values = torch.randn(int(lengths.sum()), 3)
    padded = packed.pad(values, lengths)
    assert padded.shape == (len(lengths), int(lengths.max()), 3)
    assert torch.equal(packed.pack(padded, lengths), values)
    assert not padded[~packed.mask(lengths, "cpu")].any()


@given(lengths)
def test_positions_count_from_zero_in_each_clip(lengths: torch.Tensor):
    real = packed.mask(lengths, "cpu")
    steps = torch.arange(int(lengths.max())).expand(real.shape)
    assert torch.equal(packed.positions(lengths), steps[real])


def test_a_value_of_a_clip_stands_at_each_of_its_tokens():
    spread = packed.repeat_per_clip(torch.tensor([[5.0], [7.0]]), torch.tensor([1, 2]))
    assert spread.tolist() == [[5.0], [7.0], [7.0]]
