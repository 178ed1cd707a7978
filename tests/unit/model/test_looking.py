"""What a decoder looks at: weights that make what it saw, and gates as far as they are open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from families import build_gated, write_family
from torch import Tensor

from sign2gpt.model.language.attention_maps import cross_attention, gates
from sign2gpt.model.language.causal_lm import CausalLMSizes
from sign2gpt.model.language.decoder import Decoder
from sign2gpt.model.language.gated_layer import CrossAttention
from sign2gpt.model.language.language_model import read_sizes, read_weights

IDS = torch.tensor([[2, 5, 9, 4]])


def features(length: int = 6) -> Tensor:
    return torch.randn(length, 12, generator=torch.Generator().manual_seed(1))


def causal_lm(folder: Path) -> Decoder:
    sizes = read_sizes(str(folder))
    assert isinstance(sizes, CausalLMSizes)
    made = build_gated(sizes)
    made.load_language_model(read_weights(folder), str(folder))
    for name, value in made.named_parameters():
        if name.endswith(".gate"):
            value.data.uniform_(0.1, 0.9)
    return made.eval()


def open_only(decoder: Decoder, layer: int, head: int) -> None:
    opened = [value for name, value in decoder.named_parameters() if name.endswith(".gate")]
    for number, gate in enumerate(opened):
        gate.data.fill_(-0.5)
        if number == layer:
            gate.data[head] = 0.7


@pytest.fixture(params=["xglm", "llama", "gemma2"])
def decoder(request: pytest.FixtureRequest, make_decoder: Callable[..., Decoder], tmp_path: Path) -> Decoder:
    if request.param == "xglm":
        return make_decoder()
    write_family(tmp_path, request.param)
    return causal_lm(tmp_path)


@pytest.mark.parametrize(("layer", "head"), [(0, 1), (1, 2)])
def test_the_weights_of_an_open_head_make_what_it_saw(decoder: Decoder, layer: int, head: int):
    open_only(decoder, layer, head)
    watch = [module for module in decoder.modules() if isinstance(module, CrossAttention)][layer]
    seen: list[tuple[Tensor, Tensor]] = []
    hook = watch.register_forward_hook(lambda _, args, out: seen.append((args[1].values[0, head], out[0, head])))
    weights = cross_attention(decoder, features(), IDS)
    hook.remove()
    assert weights is not None
    ((values, watched),) = seen
    torch.testing.assert_close(weights @ values, watched, atol=1e-5, rtol=1e-5)


def test_heads_count_by_how_far_they_are_open(decoder: Decoder):
    weights = cross_attention(decoder, features(), IDS)
    assert weights is not None
    assert weights.shape == (4, 6)
    torch.testing.assert_close(weights.sum(1), torch.ones(4))


def test_shut_gates_look_at_nothing(make_decoder: Callable[..., Decoder]):
    decoder = make_decoder(fresh=True)
    assert gates(decoder) == [[0.0] * 4] * 2
    assert cross_attention(decoder, features(), IDS) is None


def test_gates_are_told_as_they_act(make_decoder: Callable[..., Decoder]):
    decoder = make_decoder()
    for value in (gate for name, gate in decoder.named_parameters() if name.endswith(".gate")):
        value.data.copy_(torch.tensor([-1.0, 0.25, 1.0, 3.0]))
    assert gates(decoder) == [[0.0, 0.25, 1.0, 1.0]] * 2
