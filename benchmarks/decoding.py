"""How long does a sentence take to decode, part by part, beside the plain way that begins anew at each token?

Usage: python benchmarks/decoding.py [--quick] [--language-model demo] [--clips 1] [--beams 4] [--ids 64] [--device D]

A language model of that size with random weights that never ends a sentence, so that every search is ``--ids`` long.
The plain twin has no cache: for each token it computes the memory's keys and values again, of each beam its own, and
the whole prefix with all of its logits; both find the same log-probabilities to 1e-3 before they are timed. `token` is
a step of the decoder with the cache half full, `bookkeeping` all that the search does beside it, on logits that are
there already. The floor of a token is its bytes, weights once and keys and values once, at the rate of a large copy.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, cast

import torch
from measure import circumstances, paired, seconds, tell
from models import QUICK_SIZES
from torch import Tensor

from sign2gpt.model import packed
from sign2gpt.model.decoding.beam_search import beam_candidates
from sign2gpt.model.language.decoder import Memory
from sign2gpt.model.language.gated_decoder import GatedDecoder, KeyValueCache
from sign2gpt.model.language.gated_layer import LoraArgs
from sign2gpt.model.language.language_model import KNOWN, LanguageModelSizes, read_sizes
from sign2gpt.model.runs.run import LANGUAGE_MODEL
from sign2gpt.model.runs.shipped import shipped_run
from sign2gpt.training.measure.rates import copy_rate

FEATURES = 512
NEVER = -1  # no id
GATE = 0.5  # at zero the clip would not matter


class Ready:
    """A decoder whose logits (R, 1, V) are there already: what is left of a search is its bookkeeping."""

    training = False

    def __init__(self, decoder: GatedDecoder, rows: int) -> None:
        self.start_id, self.end_id, self.device = decoder.start_id, decoder.end_id, decoder.device
        self.cache: Callable[[int, int], KeyValueCache] = decoder.cache
        self.logits = [torch.randn(rows, 1, decoder.sizes.vocabulary, device=self.device) for _ in range(3)]

    def __call__(self, ids: Tensor, memory: Memory | None, cache: KeyValueCache) -> Tensor:
        cache.length += 1
        return self.logits[cache.length % len(self.logits)]


def make_decoder(sizes: LanguageModelSizes, device: torch.device) -> GatedDecoder:
    torch.manual_seed(0)
    lora = LoraArgs(rank=4, alpha=4.0, dropout=0.1, init_std=0.2)
    decoder = GatedDecoder(
        sizes,
        features=FEATURES,
        lora=lora,
        cross_lora=lora,
        memory_positions="sinusoidal",
        memory_tokens=1,
        start_id=sizes.end_id,
        end_id=NEVER,
    )
    decoder.draw_language_model()
    for name, parameter in decoder.named_parameters():
        if name.endswith(".gate"):
            parameter.data.fill_(GATE)
    return decoder.to(device).eval()


@torch.inference_mode()
def plain_search(decoder: GatedDecoder, z: Tensor, lengths: Tensor, beams: int, max_ids: int) -> tuple[Tensor, Tensor]:
    """Log-probabilities (B, K), best first, and ids (B, K, max_ids - 1), where no sentence ends."""
    z = torch.cat([clip for clip in packed.split(z, lengths) for _ in range(beams)])
    rows = torch.arange(len(lengths), device=z.device)[:, None] * beams
    ids = torch.full((len(lengths) * beams, 1), decoder.start_id, device=z.device)
    scores = torch.full((len(lengths), beams), -torch.inf, device=z.device)
    scores[:, 0] = 0.0
    for _ in range(max_ids - 1):
        logits = decoder(ids, decoder.remember(z, lengths.repeat_interleave(beams)))[:, -1].float()
        total = scores[:, :, None] + logits.log_softmax(-1).unflatten(0, scores.shape)  # (B, K, V)
        scores, place = total.flatten(1).topk(beams)
        beam, token = place // logits.shape[1], place % logits.shape[1]
        ids = torch.cat([ids[(rows + beam).flatten()], token.flatten()[:, None]], 1)
    return scores, ids[:, 1:].unflatten(0, scores.shape)


@torch.inference_mode()
def measure(decoder: GatedDecoder, options: argparse.Namespace, device: torch.device) -> dict[str, Any]:
    clips, beams, most, repeats = options.clips, options.beams, options.ids, options.repeats
    z, lengths = torch.randn(clips * options.tokens, FEATURES, device=device), torch.full((clips,), options.tokens)
    rule = {"beams": beams, "max_ids": most, "count_start": True}

    def ours() -> list[list[Any]]:
        return beam_candidates(decoder, decoder.remember(z, lengths), **rule)

    def plain() -> tuple[Tensor, Tensor]:
        return plain_search(decoder, z, lengths, beams, most)

    found, (expected, ids) = ours(), plain()
    scores = torch.tensor([[hypothesis.log_probability for hypothesis in clip] for clip in found])
    torch.testing.assert_close(scores, expected.cpu(), atol=1e-3, rtol=1e-5)
    same = [hypothesis.ids for clip in found for hypothesis in clip] == ids.flatten(0, 1).tolist()
    memory, rows = decoder.remember(z, lengths), clips * beams
    cache = decoder.cache(rows, most)
    last = torch.full((rows, 1), decoder.start_id, device=device)

    def token() -> None:
        cache.length = most // 2
        decoder(last, memory, cache)

    ready = cast(GatedDecoder, Ready(decoder, rows))
    parts = {
        "prefill_ms": timed(lambda: decoder.remember(z, lengths), device, repeats),
        "token_ms": timed(token, device, 5 * repeats),
        "bookkeeping_ms_a_token": timed(lambda: beam_candidates(ready, memory, **rule), device, repeats) / (most - 1),
    }
    floor = 1000 * step_bytes(decoder, memory, cache, most // 2) / copy_rate(device, 16 if options.quick else 512)
    return {
        "search": paired(ours, plain, device, repeats),
        **{name: round(value, 4) for name, value in parts.items()},
        "floor_ms_a_token": round(floor, 4),
        "share_of_the_floor": round(floor / parts["token_ms"], 3),
        "same_ids": same,
    }


def timed(work: Callable[[], object], device: torch.device, repeats: int) -> float:
    """Milliseconds, the median after one run that warms up; processor time of each thread on a CPU, as the floor is."""
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    return 1000 * median([seconds(work, device) for _ in range(repeats + 1)][1:]) / threads


def step_bytes(decoder: GatedDecoder, memory: Memory, cache: KeyValueCache, length: int) -> int:
    """What a step has to read: every weight, the keys and values of ``length`` ids and of the clips."""
    weights = sum(parameter.nbytes for parameter in decoder.parameters())
    clips = sum(seen.keys.nbytes + seen.values.nbytes for seen in memory)
    return weights + clips + cache.store[:, :, :, :, :length].nbytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--language-model", default="demo", choices=["demo", *KNOWN])
    parser.add_argument("--clips", type=int, default=1)
    parser.add_argument("--beams", type=int, default=4)
    parser.add_argument("--ids", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64, help="of memory, a clip")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    if options.quick:
        options.ids, options.repeats = 8, 1
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    name = str(shipped_run() / LANGUAGE_MODEL) if options.language_model == "demo" else options.language_model
    sizes = QUICK_SIZES if options.quick else read_sizes(name)
    assert isinstance(sizes, LanguageModelSizes), "the demo's and all that are known are XGLMs"
    decoder = make_decoder(sizes, device)
    result = {
        "benchmark": "decoding",
        "language_model": options.language_model,
        "parameters": sum(parameter.numel() for parameter in decoder.parameters()),
        **{name: getattr(options, name) for name in ("clips", "beams", "ids", "tokens", "repeats")},
        **measure(decoder, options, device),
        **circumstances(device),
    }
    tell(result, options.output)


if __name__ == "__main__":
    main()
