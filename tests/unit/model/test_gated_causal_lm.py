"""Each family stays itself until gates open; then it sees each clip alone, by the formula of MODEL.md 5."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from families import COMMON, FAMILIES, SMALL, VOCABULARY, build_gated, write_family
from torch import Tensor
from transformers import CONFIG_MAPPING, XGLMConfig

from sign2gpt.common.errors import UserError
from sign2gpt.model.decoding.beam_search import beam_candidates
from sign2gpt.model.language.causal_lm import CausalLMSizes
from sign2gpt.model.language.decoder import Decoder, Memory
from sign2gpt.model.language.gated_causal_lm import GatedCausalLM
from sign2gpt.model.language.gated_decoder import GatedDecoder
from sign2gpt.model.language.language_model import read_sizes, read_weights

IDS = torch.tensor([[0, 5, 9, 4, 11], [0, 7, 7, 1, 3]])
EVERY = pytest.mark.parametrize("name", FAMILIES)


def build_on(folder: Path, new_tokens: int = 0) -> GatedCausalLM:
    sizes = read_sizes(str(folder))
    assert isinstance(sizes, CausalLMSizes)
    return build_gated(sizes, new_tokens=new_tokens)


def read(folder: Path, new_tokens: int = 0) -> GatedCausalLM:
    decoder = build_on(folder, new_tokens)
    decoder.load_language_model(read_weights(folder), str(folder))
    return decoder.eval()


def trained(decoder: Decoder) -> dict[str, Tensor]:
    return {name: parameter for name, parameter in decoder.named_parameters() if parameter.requires_grad}


def move(decoder: Decoder) -> None:
    """As after a training: every gate open or nearly, every adapter at work."""
    torch.manual_seed(1)
    for name, parameter in trained(decoder).items():
        parameter.data += torch.rand_like(parameter) if name.endswith("gate") else torch.randn_like(parameter) * 0.3


def remember(decoder: Decoder, *lengths: int) -> Memory:
    z = torch.randn(sum(lengths), 12, generator=torch.Generator().manual_seed(1))
    return decoder.remember(z, torch.tensor(lengths))


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], GatedCausalLM]:
    """A decoder on a family's language model, moved as after a training."""
    folder = tmp_path_factory.mktemp("families")
    for name in FAMILIES:
        write_family(folder / name, name)

    def made(name: str) -> GatedCausalLM:
        decoder = read(folder / name)
        move(decoder)
        return decoder

    return made


@EVERY
def test_shut_gates_leave_transformers_logits_untouched_to_the_bit(name: str, tmp_path: Path):
    theirs = write_family(tmp_path, name)
    ours = read(tmp_path)
    with torch.no_grad():
        expected = theirs(IDS).logits
        assert torch.equal(ours(IDS, None), expected)
        assert torch.equal(ours(IDS, remember(ours, 3, 5)), expected)


@EVERY
def test_frozen_weights_keep_transformers_names(name: str, tmp_path: Path):
    theirs = write_family(tmp_path, name)
    ours = read(tmp_path, new_tokens=2)
    assert set(ours.frozen_names) == {name for name, _ in theirs.named_parameters()}
    assert set(ours.state_dict()) == {*ours.frozen_names, *trained(ours)}
    added = {name.partition(".watching.")[2] for name in trained(ours)}
    lora = {f"lora.{role}.{half}" for role in ("q", "k", "v", "out") for half in "ab"}
    assert added == {*lora, *(f"cross_{adapter}" for adapter in lora if ".out." not in adapter), "gate", ""}


@EVERY
def test_the_clip_moves_the_logits_once_gates_are_open(name: str, make: Callable[[str], GatedCausalLM]):
    decoder = make(name)
    blind, seeing = decoder(IDS, None), decoder(IDS, remember(decoder, 3, 5))
    assert (blind - seeing).abs().amax(-1).min() > 1e-3, "from the first token on"
    for parameter in trained(decoder).values():
        if parameter.dim() == 1 and len(parameter) == decoder.layers()[0].parts.heads:
            parameter.data.clamp_(max=-0.1)
    assert torch.equal(decoder(IDS, remember(decoder, 3, 5)), decoder(IDS, None))


@EVERY
def test_the_cache_changes_nothing_and_follows_its_rows(name: str, make: Callable[[str], GatedCausalLM]):
    decoder = make(name)
    memory, cache = remember(decoder, 6), decoder.cache(rows=2, most=6)
    steps = [decoder(IDS[:, a:b], memory, cache) for a, b in ((0, 1), (1, 3), (3, 5))]
    assert cache.length == 5
    torch.testing.assert_close(torch.cat(steps, 1), decoder(IDS, memory), atol=1e-5, rtol=1e-5)
    cache.reorder(torch.tensor([1, 0]))
    cache.reorder(torch.tensor([0]))
    longer = torch.cat([IDS[1:], IDS[:1, 1:2]], 1)
    followed = decoder(IDS[:1, 1:2], memory, cache)
    torch.testing.assert_close(followed, decoder(longer, memory)[:, -1:], atol=1e-5, rtol=1e-5)


@EVERY
def test_gradients_reach_all_that_trains_and_nothing_else(name: str, tmp_path: Path):
    write_family(tmp_path, name)
    decoder = read(tmp_path, new_tokens=2).train()
    move(decoder)
    ids = torch.tensor([[0, 5, VOCABULARY, VOCABULARY + 1]])
    decoder(ids, remember(decoder, 4)).square().mean().backward()
    for weight, parameter in decoder.named_parameters():
        assert (parameter.grad is not None and bool(parameter.grad.any())) == parameter.requires_grad, weight
    assert decoder.new_tokens is not None
    assert decoder.new_tokens.grad is not None
    assert decoder.new_tokens.grad.abs().sum(1).min() > 0


@EVERY
def test_a_clip_is_the_same_alone_and_its_rows_share_it(name: str, make: Callable[[str], GatedCausalLM]):
    decoder = make(name)
    together = decoder(IDS, remember(decoder, 4, 4))
    memory = remember(decoder, 4)
    torch.testing.assert_close(decoder(IDS[:1], memory), together[:1], atol=1e-5, rtol=1e-5)
    beams = decoder(IDS.repeat_interleave(2, 0), remember(decoder, 4, 4))
    torch.testing.assert_close(beams[::2], together, atol=1e-5, rtol=1e-5)
    assert torch.equal(beams[::2], beams[1::2])


@EVERY
def test_random_weights_and_search(name: str, tmp_path: Path):
    write_family(tmp_path, name)
    decoder = build_on(tmp_path, new_tokens=1)
    decoder.draw_language_model()
    assert not any(parameter.is_meta for parameter in decoder.parameters())
    found = beam_candidates(decoder.eval(), remember(decoder, 3, 5), beams=2, max_ids=6, count_start=True)
    assert len(found) == 2


def test_xglm_through_transformers_is_our_own_xglm(make_decoder: Callable[..., GatedDecoder]):
    ours = make_decoder(new_tokens=2)
    config = XGLMConfig(vocab_size=19, d_model=16, ffn_dim=32, num_layers=2, attention_heads=4).to_dict()
    theirs = build_gated(CausalLMSizes.from_config(config, "xglm"), new_tokens=2)
    state = theirs.state_dict()
    theirs.load_state_dict({name: ours.state_dict()[name.replace(".watching", "")] for name in state}, assign=True)
    ids = torch.tensor([[2, 5, 20, 4], [2, 7, 7, 1]])
    expected = ours(ids, remember(ours, 3, 6))
    torch.testing.assert_close(theirs.eval()(ids, remember(theirs, 3, 6)), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(lengths(theirs, ids), lengths(ours, ids), atol=1e-5, rtol=1e-5)
    assert (lengths(ours, ids) > 0).all()


def lengths(decoder: Decoder, ids: Tensor) -> Tensor:
    """Squared lengths (layers, 2, R, L) of what was attended to in the text and in the clips."""
    memory = [replace(seen, lengths=[]) for seen in remember(decoder, 3, 6)]
    decoder(ids, memory)
    return torch.stack([torch.stack(parts) for seen in memory for parts in seen.lengths or []])


def test_heads_that_share_keys_and_are_normalised_see_by_the_formula(make: Callable[[str], GatedCausalLM]):
    decoder = make("qwen3")
    layer = decoder.layers()[1]
    attention: Any = decoder.base.get_submodule("layers.1.self_attn")
    x, memory = torch.randn(1, 3, 16), torch.randn(1, 4, 16)
    layer.seen = layer.remember(memory, None)
    attention.q_proj(x)
    joined = torch.zeros(1, 3, 24)
    seen = layer._join(attention.o_proj, (joined,))
    assert seen is not None
    normed = decoder.base.get_submodule("layers.1.input_layernorm")(memory)

    def head(role: str, number: int, x: Tensor) -> Tensor:
        projection, adapter = attention.get_submodule(f"{role}_proj"), layer.cross_lora[role]
        made = adapter(x, F.linear(x, projection.weight))[0, :, 6 * number : 6 * number + 6]
        return made if role == "v" else attention.get_submodule(f"{role}_norm")(made)

    for number in range(4):
        shared = number // 2
        weights = (head("q", number, x) @ head("k", shared, normed).T / 6**0.5).softmax(-1)
        expected = layer.gate[number].clamp(0, 1) * (weights @ head("v", shared, normed))
        torch.testing.assert_close(seen[0][0, :, 6 * number : 6 * number + 6], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "computed"), [("gpt2", "h.0.attn.bias"), ("llama", "layers.0.rotary_emb.inv_freq")])
def test_older_files_leave_out_the_base_models_name_and_hold_what_is_computed(name: str, computed: str, tmp_path: Path):
    theirs = write_family(tmp_path, name, tie_word_embeddings=True)
    within = f"{theirs.base_model_prefix}."
    old = {weight.removeprefix(within): value for weight, value in theirs.state_dict().items()}
    (tmp_path / "model.safetensors").unlink()
    torch.save(old | {computed: torch.ones(1, 1, 4, 4)}, tmp_path / "pytorch_model.bin")
    with torch.no_grad():
        assert torch.equal(read(tmp_path)(IDS, None), theirs(IDS).logits)


def test_a_weight_too_few_and_one_too_many_are_told(tmp_path: Path):
    weights = {f"model.{name}": value for name, value in write_family(tmp_path, "llama").model.state_dict().items()}
    del weights["model.norm.weight"]
    torch.save(weights | {"model.extra": torch.ones(1)}, tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"(?s)lm_head\.weight, model\.norm\.weight.*unknown weights: model\.extra"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("mamba", {}, "0 of its 2 layers"),
        ("gpt_neox", {}, "0 of its 2 layers"),
        ("phi3", {}, "0 of its 2 layers"),
        ("olmo2", {}, "0 of its 2 layers"),
        ("opt", {"do_layer_norm_before": False}, "0 of its 2 layers"),
        ("olmoe", {"num_experts": 2}, "0 of its 2 layers"),
        ("bart", {}, "encoder-decoder"),
        ("gemma3", {}, "more than text"),
        ("cohere", {}, "logit_scale"),
    ],
)
def test_what_cannot_watch_is_refused(name: str, changes: dict[str, Any], told: str, tmp_path: Path):
    config = {"model_type": name, **COMMON, **SMALL, **changes}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=told):
        build_on(tmp_path)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"model_type": "their_own", "auto_map": {"AutoModelForCausalLM": "code.Model"}}, "never run"),
        ({"model_type": 3}, "none that transformers has"),
        ({"hidden_size": "wide"}, "transformers does not accept it"),
        ({"num_attention_heads": 0}, "transformers does not accept it"),
        ({"num_hidden_layers": 1 << 40}, "num_hidden_layers must be at most 1024, it is 1099511627776"),
        ({"eos_token_id": None}, "eos_token_id must be an id"),
        ({"bos_token_id": 99}, "eos_token_id must be an id"),
    ],
)
def test_a_config_that_says_nothing_of_use_is_told(changes: dict[str, Any], told: str):
    stored = {"model_type": "llama", "vocab_size": 30, "eos_token_id": 2} | SMALL | changes
    with pytest.raises(UserError, match=told):
        CausalLMSizes.from_config(stored, "config.json")


def test_ids_come_from_the_config(tmp_path: Path):
    config = CONFIG_MAPPING["llama"](**(SMALL | {"vocab_size": 30, "bos_token_id": None, "eos_token_id": [7, 8]}))
    sizes = CausalLMSizes.from_config(config.to_dict(), "")
    assert (sizes.start_id, sizes.end_id, sizes.pad_id) == (7, 7, 7)
    assert CausalLMSizes.from_config(sizes.to_config(), "") == sizes
