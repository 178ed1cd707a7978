"""Attention to neighbours is dense attention under a band, and costs no copy of a neighbour."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sign2gpt.model import packed
from sign2gpt.model.encoders import flex
from sign2gpt.model.encoders.local_attention import LocalAttention, global_attention, windowed
from sign2gpt.model.language.memory import rotation

Parts = tuple[Tensor, Tensor, Tensor]


def drawn(tokens: int, seed: int = 0, heads: int = 2, width: int = 4, device: str = "cpu") -> Parts:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = (torch.randn(tokens, heads, width, generator=generator).to(device).requires_grad_() for _ in range(3))
    return q, k, v


def dense(q: Tensor, k: Tensor, v: Tensor, lengths: Tensor, window: int) -> Tensor:
    """The plain form: all tokens against all, a band within each clip let through."""
    clip, token = packed.repeat_per_clip(torch.arange(len(lengths)), lengths), torch.arange(len(q))
    near = (clip[:, None] == clip) & ((token[:, None] - token).abs() <= window // 2)
    q, k, v = (part.transpose(0, 1) for part in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, attn_mask=near.to(q.device)).transpose(0, 1)


@settings(max_examples=50)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=5), st.sampled_from([1, 3, 5, 7, 15, 41]), st.integers(0, 1000)
)
def test_it_is_dense_attention_under_a_band_with_its_gradients(lengths: list[int], window: int, seed: int):
    parts, clips = drawn(sum(lengths), seed), torch.tensor(lengths)
    found, expected = windowed(*parts, clips, window, 0.0), dense(*parts, clips, window)
    slope = torch.randn(found.shape, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        torch.autograd.grad(found, parts, slope),
        torch.autograd.grad(expected, parts, slope),
        atol=1e-5,
        rtol=1e-5,
    )


def test_a_window_wider_than_the_clips_is_attention_to_the_whole_clip():
    lengths, parts = torch.tensor([5, 1, 3]), drawn(9)
    torch.testing.assert_close(windowed(*parts, lengths, 11, 0.0), global_attention(*parts, lengths, 0.0))


def test_dropout_leaves_weights_out_and_keeps_the_mean():
    lengths, (q, k, _) = torch.tensor([50]), drawn(50)
    ones = torch.ones(50, 2, 4)
    torch.manual_seed(0)
    found = torch.stack([windowed(q, k, ones, lengths, 7, 0.5) for _ in range(200)])
    assert not torch.equal(found[0], found[1])
    torch.testing.assert_close(found.mean(0), ones, atol=0.25, rtol=0)
    torch.manual_seed(0)
    assert torch.equal(found[0], windowed(q, k, ones, lengths, 7, 0.5))


def test_half_precision_is_rounded_once():
    lengths = torch.tensor([20, 9])
    q, k, v = (part.detach().bfloat16() for part in drawn(29))
    found = windowed(q, k, v, lengths, 7, 0.0)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found, dense(q.float(), k.float(), v.float(), lengths, 7).bfloat16(), rtol=1e-2, atol=0)


@pytest.mark.parametrize("tokens", [64, 512])
def test_what_is_kept_for_the_backward_pass_grows_with_the_tokens_and_holds_no_copies_of_neighbours(tokens: int):
    q, k, v = drawn(tokens, width=64)
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        windowed(q, k, v, torch.tensor([tokens]), 7, 0.1)
    assert sum(kept.values()) < 4 * q.nbytes  # queries, keys, values, and what is W wide


def test_the_layer_is_the_same_with_a_window_over_all_and_with_none():
    lengths, x = torch.tensor([6, 4]), torch.randn(10, 16)
    torch.manual_seed(0)
    layer = LocalAttention(16, heads=2, window=11, dropout=0.0)
    rotary = rotation(packed.positions(lengths), 8)
    near = layer(x, lengths, rotary)
    layer.window = 0
    torch.testing.assert_close(near, layer(x, lengths, rotary))


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
@pytest.mark.parametrize("lengths", [[300, 5, 1, 129], [10, 3], [128, 128], [700]])
@pytest.mark.parametrize("reach", [0, 3, 130])
def test_flex_attention_has_the_blocks_of_the_band_and_gives_the_same(
    lengths: list[int], reach: int, monkeypatch: pytest.MonkeyPatch
):
    from torch.nn.attention.flex_attention import create_mask, flex_attention

    clips, tokens = torch.tensor(lengths), sum(lengths)
    blocks = flex.band_mask(clips, reach, torch.device("cpu"))
    near = create_mask(blocks.mask_mod, None, None, tokens, tokens, device="cpu")[0, 0]
    for token, other in {(a // flex.BLOCK, b // flex.BLOCK) for a, b in near.nonzero().tolist()}:
        assert blocks.to_dense()[0, 0, token, other]
    monkeypatch.setattr(flex, "_compiled", lambda: flex_attention)  # its kernel is a GPU's
    q, k, v = (part.detach() for part in drawn(tokens, width=16))
    expected = windowed(q, k, v, clips, 2 * reach + 1, 0.0)
    torch.testing.assert_close(flex.flexed(q, k, v, clips, reach), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="flex attention is used on a GPU alone")
@pytest.mark.parametrize("by_flex", [True, False])
def test_on_a_gpu_both_forms_are_dense_attention_with_its_gradients(by_flex: bool, monkeypatch: pytest.MonkeyPatch):
    lengths, parts = torch.tensor([300, 5, 129]), drawn(434, width=64, device="cuda")
    assert flex.pays(parts[0], dropout=0.0)
    assert not flex.pays(parts[0], dropout=0.1)
    if not by_flex:
        monkeypatch.setattr(flex, "pays", lambda q, dropout: False)
    found, expected = windowed(*parts, lengths, 7, 0.0), dense(*parts, lengths, 7)
    slope = torch.randn_like(found)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        torch.autograd.grad(found, parts, slope), torch.autograd.grad(expected, parts, slope), atol=1e-5, rtol=1e-5
    )
