"""How much faster is a training step than the same computed the plain way, and in how much memory?

Usage: python benchmarks/training_step.py [--quick] [--language-model facebook/xglm-1.7B] [--clips 8] [--device cuda]

A batch of clips of unlike length and of sentences, half of whose places are padding. The plain way sends one clip at a
time through the backbone, pads clips to 512 tokens in the sign encoder and masks dense attention there, and makes all
logits at once. Dropout is off, so that both give the same loss and gradients, which is checked to 1e-3 (fp32) or 3e-2
(bf16) before they are timed. Parts are forward passes; the backward pass and the optimiser are one each.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import naive
import torch
from measure import circumstances, paired, peak_megabytes, seconds, tell
from models import full_size
from torch import Tensor, nn

from sign2gpt.model.frontends.spatial import SpatialEncoder
from sign2gpt.model.language.language_model import KNOWN
from sign2gpt.model.language.tokenizer import IGNORED
from sign2gpt.recipe import Recipe
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.systems.sign2gpt.sign_encoder import SignEncoder
from sign2gpt.training.losses import sentence_loss
from sign2gpt.training.optim import clip_gradients, make_optimizer, trainable
from sign2gpt.training.parallel.frozen import frozen_in

T = TypeVar("T")
TOLERANCE = {"fp32": 1e-3, "bf16": 3e-2}


class Way(NamedTuple):
    """How the parts are computed that can be computed in two ways."""

    name: str
    features: Callable[[SpatialEncoder, Tensor, Tensor], Tensor]
    encode: Callable[[SignEncoder, Tensor, Tensor], tuple[Tensor, Tensor]]
    loss: Callable[..., Tensor]


OURS = Way("", lambda spatial, frames, lengths: spatial(frames), lambda encoder, *x: encoder(*x), sentence_loss)
PLAIN = Way("plain ", naive.features, naive.sign_encoder, naive.sentence_loss)


class Step:
    """A training step with a stopwatch on each part."""

    def __init__(self, model: Sign2GPT, recipe: Recipe, lengths: Tensor, ids: int, device: torch.device) -> None:
        assert model.decoder is not None
        self.model, self.decoder, self.recipe, self.device = model, model.decoder, recipe, device
        self.optimizer = make_optimizer(model, recipe.train)
        size, frames = recipe.frames.size, int(lengths.sum())
        self.frames = torch.randint(256, (frames, 3, size, size), dtype=torch.uint8, device=device)
        self.lengths = lengths
        self.labels = torch.randint(self.decoder.sizes.vocabulary, (len(lengths), ids))
        self.ids = self.labels.clone().to(device)
        self.labels[:, ids // 2 :] = IGNORED
        self.parts: dict[str, list[float]] = {}

    def forward(self, way: Way) -> Tensor:
        """The mean loss."""
        model, decoder, lengths, smoothing = self.model, self.decoder, self.lengths, self.recipe.train.label_smoothing
        timed = partial(self._timed, way)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.recipe.train.precision == "bf16"):
            x = timed("backbone", lambda: way.features(model.spatial, self.frames, lengths))
            z = timed("sign encoder", lambda: way.encode(model.sign_encoder, x, lengths))
            hidden = timed("decoder", lambda: decoder.hidden(self.ids, decoder.remember(*z)))
            losses = timed("loss", lambda: way.loss(decoder.predict, hidden, self.labels, smoothing, new_tokens=None))
        return losses.sum() / int((self.labels >= 0).sum())

    def gradients(self, way: Way) -> tuple[Tensor, Tensor]:
        """The loss, and all gradients in one row."""
        loss = self.forward(way)
        parameters = [parameter for _, parameter in trainable(self.model)]
        found = torch.autograd.grad(loss, parameters, materialize_grads=True)
        return loss.detach(), torch.cat([gradient.flatten() for gradient in found])

    def __call__(self, way: Way) -> None:
        loss = self.forward(way)
        self._timed(way, "backward", lambda: loss.backward())
        self._timed(way, "optimiser", self._move)

    def _move(self) -> None:
        clip_gradients(self.model.parameters(), self.recipe.train.clip_value, self.recipe.train.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def _timed(self, way: Way, part: str, work: Callable[[], T]) -> T:
        found: list[T] = []
        self.parts.setdefault(way.name + part, []).append(seconds(lambda: found.append(work()), self.device))
        return found[0]


def without_dropout(model: nn.Module) -> None:
    """Training mode without its draws: batch statistics stay."""
    model.eval()
    for part in model.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.train()


def agree(step: Step, tolerance: float) -> None:
    (ours, our_slope), (plain, plain_slope) = step.gradients(OURS), step.gradients(PLAIN)
    apart = float((our_slope - plain_slope).norm() / plain_slope.norm())
    assert abs(float(ours / plain) - 1) < tolerance, (ours, plain)
    assert apart < tolerance, apart


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--recipe", default="phoenix14t_translate")
    parser.add_argument("--language-model", default="facebook/xglm-564M", choices=KNOWN)
    parser.add_argument("--precision", default="fp32", choices=TOLERANCE)
    parser.add_argument("--frozen-precision", default="fp32", choices=TOLERANCE)
    parser.add_argument("--checkpoint", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--frames", type=int, default=58, help="of a clip, on average")
    parser.add_argument("--ids", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write the result here")
    chosen = parser.parse_args()
    device = torch.device(chosen.device)
    torch.manual_seed(0)
    recipe, overrides, model = full_size(chosen.recipe, chosen.language_model, chosen.precision, quick=chosen.quick)
    model.spatial.prepare_training(checkpoint=chosen.checkpoint, compiled=chosen.compile)
    without_dropout(model.to(device))
    clips, frames, repeats = (2, 6, 1) if chosen.quick else (chosen.clips, chosen.frames, chosen.repeats)
    lengths = torch.linspace(frames / 2, 3 * frames / 2, clips).round().long()
    step = Step(model, recipe, lengths, chosen.ids, device)
    with frozen_in(chosen.frozen_precision, model):
        agree(step, TOLERANCE[chosen.precision])
        step.parts.clear()
        times = paired(lambda: step(OURS), lambda: step(PLAIN), device, repeats)
        parts = {part: round(median(found[1:]), 4) for part, found in step.parts.items()}
        peaks = [peak_megabytes(partial(step, way), device) for way in (OURS, PLAIN)]
    result = {
        "benchmark": "training_step",
        "recipe": recipe.name,
        "overrides": overrides,
        "frozen_precision": chosen.frozen_precision,
        "checkpoint": chosen.checkpoint,
        "compile": chosen.compile,
        "clips": clips,
        "frames": int(lengths.sum()),
        "ids": chosen.ids,
        **times,
        "frames_per_second": round(int(lengths.sum()) / times["seconds"], 1),
        "parts_seconds": parts,
        "peak_megabytes": peaks[0],
        "plain_peak_megabytes": peaks[1],
        **circumstances(device),
    }
    tell(result, chosen.output)


if __name__ == "__main__":
    main()
