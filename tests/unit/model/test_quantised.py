"""Quantised matrices give what their values in full give, and keep nothing of them."""

from __future__ import annotations

import copy
import sys

import pytest
import torch
from torch import Tensor, nn

from sign2gpt.common.errors import UserError
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.model.frozen_linear import restore
from sign2gpt.model.language.decoder import Decoder
from sign2gpt.model.language.quantised import QUANTISED, Bits, quantisable, quantise
from sign2gpt.training.measure.live_bytes import LiveBytes, held

LARGEST_ERROR = {"int8": 0.005, "nf4": 0.11}
"""Mean error of a matrix as a share of its mean value."""
IDS = torch.tensor([[2, 4, 5, 9, 7]])


@pytest.fixture(scope="module")
def shipped() -> Decoder:
    pytest.importorskip("torchao", reason="the extra `quantised` is not installed")
    decoder = Translator.from_pretrained("demo").reader.model.language_model
    assert decoder is not None
    return decoder


def quantised_and_rounded(shipped: Decoder, bits: Bits) -> tuple[Decoder, Decoder]:
    """The decoder with quantised matrices, and a plain one whose matrices are rounded to the same values."""
    plain, quantised = copy.deepcopy(shipped), copy.deepcopy(shipped)
    quantise(quantised, bits)
    names = {layer: name for name, layer in quantised.named_modules()}
    for layer in names:
        if isinstance(layer, nn.Linear) and "kept" in dict(layer.named_buffers()):
            one = torch.eye(layer.in_features)
            bias = 0 if layer.bias is None else layer.bias
            plain.get_parameter(f"{names[layer]}.weight").data = (layer(one) - bias).T.detach()
    return quantised, plain


def outcome(decoder: Decoder) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits, and the gradients of all that trains."""
    z = torch.randn(6, decoder.memory.linear.in_features, generator=torch.Generator().manual_seed(0))
    logits = decoder(IDS, decoder.remember(z, torch.tensor([6])))
    decoder.zero_grad()
    logits.square().mean().backward()
    return logits, {name: value.grad for name, value in decoder.named_parameters() if value.grad is not None}


@pytest.mark.parametrize("bits", QUANTISED)
def test_products_and_gradients_are_those_of_the_rounded_matrices(shipped: Decoder, bits: Bits) -> None:
    quantised, plain = quantised_and_rounded(shipped, bits)
    found, expected = outcome(quantised), outcome(plain)
    assert any(".lora." in name for name in found[1])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("bits", QUANTISED)
def test_values_are_near_and_take_the_promised_bytes(shipped: Decoder, bits: Bits) -> None:
    quantised, plain = quantised_and_rounded(shipped, bits)
    for layer in quantisable(shipped, bits):
        name = next(name for name, module in shipped.named_modules() if module is layer)
        error = (plain.get_parameter(f"{name}.weight") - layer.weight).abs().mean() / layer.weight.abs().mean()
        assert 0 < error < LARGEST_ERROR[bits] * 2
        stored = held(quantised.get_submodule(name).buffers())
        assert sum(part.nbytes for part in stored) < layer.weight.numel() * (1.1 if bits == "int8" else 0.55)


@pytest.mark.parametrize("bits", QUANTISED)
def test_nothing_whole_is_kept_for_the_backward_pass(bits: Bits, shipped: Decoder) -> None:
    layer = copy.deepcopy(quantisable(shipped, bits)[0])
    alone = nn.ModuleList([nn.ModuleList([layer])])
    quantise(alone, bits)  # type: ignore[arg-type]
    x = torch.randn(1, layer.in_features, requires_grad=True)
    with LiveBytes() as live:
        live.ignore(held(layer.buffers()))
        made = layer(x)
    assert made.requires_grad
    assert live.now < 3 * x.nbytes < layer.in_features * layer.out_features


@pytest.mark.parametrize("bits", QUANTISED)
def test_names_stay_and_a_layer_can_be_restored(shipped: Decoder, bits: Bits) -> None:
    decoder = copy.deepcopy(shipped)
    before = {name: value.clone() for name, value in decoder.state_dict().items()}
    weights = {layer: layer.weight.detach().clone() for layer in quantisable(decoder, bits)}
    layers = quantise(decoder, bits)
    assert decoder.state_dict().keys() == before.keys()
    for layer in layers:
        restore(layer)
        layer.weight.data = weights[layer]
    assert all(torch.equal(value, before[name]) for name, value in decoder.state_dict().items())
    assert torch.equal(outcome(decoder)[0], outcome(shipped)[0])


def test_a_translator_reads_with_quantised_weights(shipped: Decoder) -> None:
    clip = shipped_examples()[0]
    found, expected = (
        Translator.from_pretrained("demo", "cpu", frozen_precision=bits).translate(clip) for bits in ("int8", "fp32")
    )
    assert found.text == expected.text
    assert found.log_probability == pytest.approx(expected.log_probability, abs=0.1)
    assert found.log_probability != expected.log_probability
    with pytest.raises(UserError, match="int8, nf4"):
        Translator.from_pretrained("demo", frozen_precision="int7")


def test_without_torchao_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for absent in ("torchao", "torchao.quantization"):
        monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(UserError, match=r"pip install 'sign2gpt\[quantised\]'"):
        quantisable(nn.Module(), "int8")  # type: ignore[arg-type]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("bits", QUANTISED)
def test_a_gpu_computes_the_same(shipped: Decoder, bits: Bits) -> None:
    quantised, _ = quantised_and_rounded(shipped, bits)
    expected = quantised(IDS, None)
    torch.testing.assert_close(quantised.cuda()(IDS.cuda(), None).cpu(), expected, atol=1e-3, rtol=1e-3)
