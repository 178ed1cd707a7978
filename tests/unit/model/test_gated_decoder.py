"""The language model stays itself until gates open; then it sees each clip alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sign2gpt.model.language.gated_decoder import GatedDecoder
from sign2gpt.model.language.gated_layer import open_gate
from sign2gpt.model.language.language_model import LanguageModelSizes, read_sizes, read_weights

Make = Callable[..., GatedDecoder]
IDS = torch.tensor([[2, 5, 9, 4], [2, 7, 7, 1]])


def features(*lengths: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(sum(lengths), 12, generator=generator), torch.tensor(lengths)


def test_it_is_transformers_xglm_before_anything_trains(tmp_path: Path, make_decoder: Make):
    from transformers import XGLMConfig, XGLMForCausalLM

    torch.manual_seed(0)
    config = XGLMConfig(vocab_size=19, d_model=16, ffn_dim=32, num_layers=2, attention_heads=4)
    theirs = XGLMForCausalLM(config).eval()
    for parameter in theirs.parameters():
        parameter.data += torch.randn_like(parameter) * 0.2
    theirs.save_pretrained(tmp_path)
    ours = make_decoder(fresh=True)
    assert read_sizes(str(tmp_path)) == ours.sizes
    assert {*ours.frozen_names, "lm_head.weight"} == set(theirs.state_dict())
    ours.load_language_model(read_weights(tmp_path), "tiny")
    with torch.no_grad():
        torch.testing.assert_close(ours(IDS, None), theirs(IDS).logits, atol=1e-5, rtol=1e-5)


def test_what_trains_has_these_names(make_decoder: Make):
    decoder = make_decoder(new_tokens=2, positions="zeros")
    lora = [f"lora.{name}.{half}" for name in ("q", "k", "v", "out") for half in "ab"]
    cross = [f"cross_lora.{name}.{half}" for name in ("q", "k", "v") for half in "ab"]
    layers = [f"model.layers.{n}.self_attn.{name}" for n in range(2) for name in [*lora, *cross, "gate"]]
    whole = ["memory.linear.bias", "memory.linear.weight", "memory.positions", "new_tokens"]
    trained = {name for name, parameter in decoder.named_parameters() if parameter.requires_grad}
    assert trained == {*layers, *whole}
    assert set(decoder.state_dict()) == {*trained, *decoder.frozen_names}


def test_shut_gates_leave_the_logits_untouched_to_the_bit(make_decoder: Make):
    decoder = make_decoder()
    memory = decoder.remember(*features(3, 5))
    for name, parameter in decoder.named_parameters():
        if name.endswith("gate"):
            parameter.data.clamp_(max=0.0)
    assert torch.equal(decoder(IDS, memory), decoder(IDS, None))


def test_a_gate_is_clamped_and_its_gradient_is_not():
    gate = torch.tensor([-3.0, 0.0, 0.4, 1.0, 2.5], requires_grad=True)
    opened = open_gate(gate)
    assert opened.tolist() == pytest.approx([0.0, 0.0, 0.4, 1.0, 1.0])
    opened.sum().backward()
    assert gate.grad is not None
    assert gate.grad.tolist() == [1.0] * 5


def test_gradients_reach_all_that_trains_and_nothing_else(make_decoder: Make):
    decoder = make_decoder(new_tokens=2).train()
    ids = torch.tensor([[2, 5, 19, 20]])
    decoder(ids, decoder.remember(*features(4))).square().mean().backward()
    for name, parameter in decoder.named_parameters():
        moved = parameter.grad is not None and bool(parameter.grad.any())
        shut = name.startswith("model") and name.endswith("gate")
        assert moved == parameter.requires_grad or shut, name


def test_a_gate_below_zero_still_gets_a_gradient(make_decoder: Make):
    decoder = make_decoder()
    gate = decoder.get_parameter("model.layers.1.self_attn.gate")
    gate.data.fill_(-0.5)
    decoder(IDS[:1], decoder.remember(*features(4))).square().mean().backward()
    assert gate.grad is not None
    assert gate.grad.abs().min() > 0


def test_a_fresh_decoder_starts_with_gates_and_adapters_at_zero(make_decoder: Make):
    decoder = make_decoder(fresh=True)
    state = decoder.state_dict()
    zero = [
        name
        for name in state
        if name.endswith(("gate", "lora.q.b", "lora.v.b", "lora.out.b")) and not state[name].any()
    ]
    assert len([name for name in zero if name.endswith("gate")]) == 2
    assert state["model.layers.0.self_attn.cross_lora.k.b"].any(), "keys and values of the memory have torch's start"
    assert not state["model.layers.0.self_attn.cross_lora.q.b"].any()


@pytest.mark.parametrize("positions", ["none", "zeros", "random", "sinusoidal"])
def test_a_clip_is_the_same_alone_and_in_a_batch(make_decoder: Make, positions: str):
    decoder = make_decoder(positions=positions)
    z, lengths = features(3, 8)
    together = decoder(IDS, decoder.remember(z, lengths))
    for row, part in enumerate(z.split(lengths.tolist())):
        alone = decoder(IDS[row : row + 1], decoder.remember(part, lengths[row : row + 1]))
        torch.testing.assert_close(together[row], alone[0], atol=1e-5, rtol=1e-5)


def test_the_cache_changes_nothing(make_decoder: Make):
    decoder = make_decoder()
    memory = decoder.remember(*features(3, 6))
    cache = decoder.cache(rows=2, most=4)
    steps = [
        decoder(IDS[:, :1], memory, cache),
        decoder(IDS[:, 1:3], memory, cache),
        decoder(IDS[:, 3:], memory, cache),
    ]
    torch.testing.assert_close(torch.cat(steps, 1), decoder(IDS, memory), atol=1e-5, rtol=1e-5)


def test_rows_of_a_clip_share_its_memory(make_decoder: Make):
    decoder = make_decoder()
    memory = decoder.remember(*features(3, 6))
    doubled = decoder(IDS.repeat_interleave(2, 0), memory)
    torch.testing.assert_close(doubled[::2], decoder(IDS, memory), atol=1e-5, rtol=1e-5)
    assert torch.equal(doubled[::2], doubled[1::2])


def test_new_tokens_leave_the_known_ones_alone(make_decoder: Make):
    plain, grown = make_decoder(fresh=True), make_decoder(fresh=True, new_tokens=3)
    assert grown(IDS, None).shape[-1] == LanguageModelSizes.from_config(grown.sizes.to_config(), "").vocabulary + 3
    assert torch.equal(grown(IDS, None)[..., :19], plain(IDS, None))


def test_the_language_models_own_dropout_stays_on_in_training(make_decoder: Make):
    decoder = make_decoder().train()
    assert not torch.equal(decoder(IDS, None), decoder(IDS, None))


@pytest.mark.parametrize("rows", [1, 2, 4, 5])
def test_rows_that_go_as_columns_have_the_same_logits(make_decoder: Make, monkeypatch: pytest.MonkeyPatch, rows: int):
    decoder = make_decoder(new_tokens=2)
    x = torch.randn(rows, 1, 16, generator=torch.Generator().manual_seed(0))
    plain = decoder.predict(x)
    monkeypatch.setattr("sign2gpt.model.language.gated_decoder.LARGE", 0)
    torch.testing.assert_close(decoder.predict(x), plain)
