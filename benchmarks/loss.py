"""What does the translation loss cost over a large vocabulary, beside all logits at once?

Usage: python benchmarks/loss.py [--quick] [--device cpu] [--width 1024] [--vocabulary 256008] [--tokens 256]

Hidden states of a batch of sentences, with half of the places padding, to the loss and the gradient of the hidden
states. Both ways give the same to 1e-3 before they are timed. The floor is two matrix products, of real tokens alone.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import torch
from measure import circumstances, paired, peak_megabytes, seconds, tell
from naive import sentence_loss as plain_loss
from torch import Tensor
from torch.nn import functional as F

from sign2gpt.model.language.tokenizer import IGNORED
from sign2gpt.training.losses import sentence_loss

SENTENCE = 64
SMOOTHING = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"))
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--vocabulary", type=int, default=256008)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    width, vocabulary, repeats = (
        (32, 4000, 1) if options.quick else (options.width, options.vocabulary, options.repeats)
    )
    device = torch.device(options.device)
    torch.manual_seed(0)
    kind = torch.bfloat16 if options.precision == "bf16" else torch.float32
    embedding = (torch.randn(vocabulary, width, device=device) * width**-0.5).to(kind)
    sentences = options.tokens // SENTENCE
    hidden = torch.randn(sentences, SENTENCE, width, device=device).to(kind).requires_grad_()
    labels = torch.randint(vocabulary, (sentences, SENTENCE))
    labels[:, SENTENCE // 2 :] = IGNORED
    predict = partial(F.linear, weight=embedding)

    def ours() -> Tensor:
        return sentence_loss(predict, hidden, labels, SMOOTHING, new_tokens=None)

    def plain() -> Tensor:
        return plain_loss(predict, hidden, labels, SMOOTHING, new_tokens=None)

    def step(losses: Tensor) -> tuple[Tensor, Tensor]:
        return losses.detach(), torch.autograd.grad(losses.sum(), hidden)[0]

    def floor() -> Tensor:
        return (hidden.detach()[:, : SENTENCE // 2].flatten(0, 1) @ embedding.T) @ embedding

    torch.testing.assert_close(step(ours()), step(plain()), atol=1e-3, rtol=1e-3)
    result = {
        "benchmark": "loss",
        "precision": options.precision,
        "tokens": sentences * SENTENCE,
        "padding": 0.5,
        "width": width,
        "vocabulary": vocabulary,
        **paired(lambda: step(ours()), lambda: step(plain()), device, repeats),
        "floor_seconds": round(min(seconds(floor, device) for _ in range(repeats + 1)), 4),
        "peak_megabytes": peak_megabytes(lambda: step(ours()), device),
        "plain_peak_megabytes": peak_megabytes(lambda: step(plain()), device),
        **circumstances(device),
    }
    tell(result, options.output)


if __name__ == "__main__":
    main()
