"""The formulas of MODEL.md told plainly, token by token and in float64, against the modules."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from sign2gpt.model.language.gated_decoder import GatedDecoder
from sign2gpt.model.language.memory import rotate, rotation, sinusoid, xglm_sinusoid
from sign2gpt.model.lora import LoRA
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead
from sign2gpt.systems.sign2gpt.sign_encoder import SignEncoder, pool

LENGTHS = [(1,), (2,), (7,), (5, 1, 4)]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.double(), expected.double(), atol=1e-5, rtol=1e-5)


def test_sinusoidal_positions() -> None:
    found, xglm = sinusoid(torch.arange(9), 8), xglm_sinusoid(torch.arange(9), 8)
    for t, i in product(range(9), range(4)):
        angle = t * 10000 ** (-2 * i / 8)
        assert found[t, 2 * i : 2 * i + 2].tolist() == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-5)
        angle = (t + 2) * 10000 ** (-i / (8 / 2 - 1))
        assert xglm[t, [i, 4 + i]].tolist() == pytest.approx([math.sin(angle), math.cos(angle)], abs=1e-5)


def turned(vector: list[float], position: int) -> list[float]:
    """Rotate-half form: entry i and entry i + half are one point, which turns by position * 10000^(-2i/width)."""
    half, found = len(vector) // 2, list(vector)
    for i in range(half):
        angle = position * 10000 ** (-2 * i / len(vector))
        x, y = vector[i], vector[i + half]
        found[i] = x * math.cos(angle) - y * math.sin(angle)
        found[i + half] = y * math.cos(angle) + x * math.sin(angle)
    return found


def test_rotary_embedding_turns_pairs_and_sees_distances_alone() -> None:
    places, x = torch.tensor([0, 1, 5, 40]), drawn(4, 2, 6)
    found = rotate(x, *rotation(places, 6))
    for row, head in product(range(4), range(2)):
        assert found[row, head].tolist() == pytest.approx(turned(x[row, head].tolist(), int(places[row])), abs=1e-5)
    q, k = drawn(6, seed=1).tolist(), drawn(6, seed=2).tolist()
    product_at = [sum(a * b for a, b in zip(turned(q, t + 3), turned(k, t), strict=True)) for t in (0, 9, 70)]
    assert product_at == pytest.approx([product_at[0]] * 3)


@torch.no_grad()
@pytest.mark.parametrize("lengths", LENGTHS)
def test_prototypes(lengths: tuple[int, ...]) -> None:
    glosses, coldest, warmest = 4, 0.3, 0.7
    head = PrototypeHead(6, glosses=glosses, dim=5, dropout=0.2, class_temperature=coldest, time_temperature=warmest,
                         trainable=False).eval()  # fmt: skip
    z = drawn(sum(lengths), 6)
    found = head(z, torch.tensor(lengths))
    prototypes = [*head.vectors.double(), torch.zeros(5, dtype=torch.float64)]
    for clip, start in enumerate(sum(lengths[:n]) for n in range(len(lengths))):
        tokens = range(start, start + lengths[clip])
        s = torch.zeros(len(tokens), glosses + 1, dtype=torch.float64)
        for i, j in product(range(len(tokens)), range(glosses + 1)):
            projected = head.project.weight.double() @ z[tokens[i]].double() + head.project.bias.double()
            norms = projected.norm() * prototypes[j].norm()
            s[i, j] = projected @ prototypes[j] / norms if norms > 0 else 0.0
        close(found.similarity[start : start + len(tokens)], s)
        for i, j in product(range(len(tokens)), range(glosses + 1)):
            over_glosses = math.exp(s[i, j] / coldest) / sum(math.exp(s[i, v] / coldest) for v in range(glosses + 1))
            over_time = math.exp(s[i, j] / warmest) / sum(math.exp(s[t, j] / warmest) for t in range(len(tokens)))
            assert found.presence[start + i, j].item() == pytest.approx(over_glosses * over_time, abs=1e-5)
        for j in range(glosses):
            summed = sum(found.presence[t, j].item() for t in tokens)
            assert found.scores[clip, j].item() == pytest.approx(summed, abs=1e-5)


def encoded(model: SignEncoder, x: Tensor, heads: int, window: int) -> Tensor:
    """One clip through the encoder, a token at a time; ``x`` has no positions yet."""

    def layer(part: torch.nn.Module, x: Tensor) -> Tensor:
        own = {name: value.double() for name, value in part.state_dict().items()}

        def linear(name: str, vector: Tensor) -> Tensor:
            return own[f"{name}.weight"] @ vector + own[f"{name}.bias"]

        def norm(name: str, vector: Tensor) -> Tensor:
            spread = ((vector - vector.mean()) ** 2).mean()
            return (vector - vector.mean()) / (spread + 1e-5).sqrt() * own[f"{name}.weight"] + own[f"{name}.bias"]

        rows = []
        for t in range(len(x)):
            near = [u for u in range(len(x)) if not window or abs(u - t) <= window // 2]
            parts = []
            for head in range(heads):
                width = x.shape[1] // heads
                part_of = slice(head * width, (head + 1) * width)
                query = torch.tensor(turned(linear("attention.query", x[t])[part_of].tolist(), t))
                keys = [torch.tensor(turned(linear("attention.key", x[u])[part_of].tolist(), u)) for u in near]
                scores = [math.exp(float(query @ key) / math.sqrt(width)) for key in keys]
                values = [linear("attention.value", x[u])[part_of] for u in near]
                parts.append(sum(score * value for score, value in zip(scores, values, strict=True)) / sum(scores))
            y = norm("norm1", x[t] + own["scale1"] * linear("attention.out", torch.cat(parts)))
            hidden = linear("mlp.0", y)
            hidden = hidden * (1 + torch.erf(hidden / math.sqrt(2))) / 2
            rows.append(norm("norm2", y + own["scale2"] * linear("mlp.3", hidden)))
        return torch.stack(rows)

    x = x.double() + sinusoid(torch.arange(len(x)), x.shape[1]).double()
    for part in model.before:
        x = layer(part, x)
    if model.downsample:
        rows = [torch.zeros_like(x[0]), *x, torch.zeros_like(x[0])]
        x = torch.stack([(rows[t] + rows[t + 1] + rows[t + 2]) / 3 for t in range(0, len(x), 2)])
    for part in model.after:
        x = layer(part, x)
    return x


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize(("window", "downsample"), [(3, True), (0, True), (5, False)])
def test_sign_encoder(lengths: tuple[int, ...], window: int, downsample: bool) -> None:
    torch.manual_seed(3)
    model = SignEncoder(8, heads=2, layers=(1, 2), window=window, downsample=downsample, mlp=12, dropout=0.1,
                        drop_path=0.1, layer_scale=0.5).eval()  # fmt: skip
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    x = drawn(sum(lengths), 8)
    with torch.no_grad():
        found, _ = model(x, torch.tensor(lengths))
        close(found, torch.cat([encoded(model, clip, 2, window) for clip in x.split(list(lengths))]))


@pytest.mark.parametrize("lengths", LENGTHS)
def test_pooling(lengths: tuple[int, ...]) -> None:
    x, expected = drawn(sum(lengths), 3), []
    for clip in x.split(list(lengths)):
        for centre in range(0, len(clip), 2):
            expected.append(sum(clip[t] for t in (centre - 1, centre, centre + 1) if 0 <= t < len(clip)) / 3)
    found, after = pool(x, torch.tensor(lengths))
    close(found, torch.stack(expected))
    assert after.tolist() == [math.ceil(length / 2) for length in lengths]


def said(decoder: GatedDecoder, ids: list[int], memory: Tensor) -> Tensor:
    """Logits of one text that sees one clip's memory (T, M): every adapter, gate and norm, head by head."""
    sizes, own = decoder.sizes, {name: value.double() for name, value in decoder.state_dict().items()}
    width, heads = sizes.width, sizes.heads
    d = width // heads

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, (width,), own[f"{name}.weight"], own[f"{name}.bias"], 1e-5)

    def linear(name: str, x: Tensor) -> Tensor:
        return x @ own[f"{name}.weight"].T + own[f"{name}.bias"]

    x = own["model.embed_tokens.weight"][ids] * math.sqrt(width) + xglm_sinusoid(torch.arange(len(ids)), width).double()
    for number in range(sizes.layers):
        layer = f"model.layers.{number}"
        attention = f"{layer}.self_attn"

        def adapted(name: str, kind: str, x: Tensor, attention: str = attention) -> Tensor:
            a, b = (own[f"{attention}.{kind}.{name}.{half}"] for half in "ab")
            return linear(f"{attention}.{name}_proj", x) + x @ a.T @ b.T * 2.0  # alpha / rank

        normed, seen = norm(f"{layer}.self_attn_layer_norm", x), norm(f"{layer}.self_attn_layer_norm", memory)
        q, k, v = (adapted(name, "lora", normed) for name in "qkv")
        cross_q, cross_k, cross_v = (adapted(name, "cross_lora", side) for name, side in
                                     (("q", normed), ("k", seen), ("v", seen)))  # fmt: skip
        joined = []
        for head in range(heads):
            of = slice(head * d, (head + 1) * d)
            gate = float(own[f"{attention}.gate"][head].clamp(0, 1))
            rows = []
            for t in range(len(ids)):
                text = (k[: t + 1, of] @ q[t, of] / math.sqrt(d)).softmax(0) @ v[: t + 1, of]
                clip = (cross_k[:, of] @ cross_q[t, of] / math.sqrt(d)).softmax(0) @ cross_v[:, of]
                rows.append(text + gate * clip)
            joined.append(torch.stack(rows))
        x = x + adapted("out", "lora", torch.cat(joined, 1))
        hidden = F.gelu(linear(f"{layer}.fc1", norm(f"{layer}.final_layer_norm", x)))
        x = x + linear(f"{layer}.fc2", hidden)
    return norm("model.layer_norm", x) @ own["model.embed_tokens.weight"].T


@pytest.mark.parametrize("seed", range(3))
def test_gated_decoder(make_decoder: Callable[..., GatedDecoder], seed: int) -> None:
    decoder = make_decoder(seed, positions="sinusoidal")
    for number, gates in enumerate(([-0.5, 0.3, 1.7, 0.9], [0.2, 1.0, 0.0, 2.0])):
        decoder.get_parameter(f"model.layers.{number}.self_attn.gate").data = torch.tensor(gates)
    lengths, ids = [3, 5], [[2, 5, 9, 4], [2, 7, 7, 1]]
    z = drawn(sum(lengths), 12, seed=seed)
    with torch.no_grad():
        found = decoder(torch.tensor(ids), decoder.remember(z, torch.tensor(lengths)))
        for row, clip in enumerate(z.split(lengths)):
            placed = clip.double() + sinusoid(torch.arange(len(clip)), 12).double()
            memory = placed @ decoder.memory.linear.weight.double().T + decoder.memory.linear.bias.double()
            close(found[row], said(decoder, ids[row], memory))


def test_lora_is_a_small_matrix_times_alpha_over_rank() -> None:
    lora = LoRA(6, 5, rank=2, alpha=6.0, dropout=0.1, init_std=0.2).eval()
    torch.nn.init.normal_(lora.b)
    x = drawn(3, 6)
    for row in range(3):
        inner = [sum(float(lora.a[r, i] * x[row, i]) for i in range(6)) for r in range(2)]
        outer = [3.0 * sum(float(lora.b[o, r]) * inner[r] for r in range(2)) for o in range(5)]
        assert lora(x, torch.zeros(3, 5))[row].tolist() == pytest.approx(outer, abs=1e-5)
