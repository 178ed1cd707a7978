"""What does the sign encoder cost, from 256 to 8,192 tokens, beside dense attention under a mask?

Usage: python benchmarks/sign_encoder.py [--quick] [--device cpu] [--tokens 256 ... 8192] [--repeats 3]

The recipe's four layers, forward and backward, without dropout: eight clips as long as PHOENIX14T's, which the plain
twin pads to 512 tokens as the reference implementation does, then one clip of each length. Both give the same to 1e-3,
outputs and gradients, before they are timed. The floor is the layers without attention between tokens (window 1).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from measure import circumstances, paired, peak_megabytes, seconds, tell
from naive import sign_encoder
from torch import Tensor

from sign2gpt.systems.sign2gpt.sign_encoder import SignEncoder

CLIPS = (29, 41, 52, 58, 58, 64, 77, 105)
"""Frames of eight clips after every second was taken: 58 on average, as in PHOENIX14T."""
Encode = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def encoder(window: int, quick: bool) -> SignEncoder:
    torch.manual_seed(0)
    return SignEncoder(
        64 if quick else 512,
        heads=8,
        layers=(2, 2),
        window=window,
        downsample=True,
        mlp=128 if quick else 2048,
        dropout=0.0,
        drop_path=0.0,
        layer_scale=0.1,
    )


def compare(lengths: Tensor, window: int, quick: bool, device: torch.device, repeats: int) -> dict[str, Any]:
    model, alone = encoder(window, quick).to(device), encoder(1, quick).to(device)
    x = torch.randn(int(lengths.sum()), model.width, device=device, requires_grad=True)

    def step(encode: Encode) -> tuple[Tensor, Tensor]:
        z, _ = encode(x, lengths)
        return z, torch.autograd.grad(z.square().sum(), x)[0]

    def plain(x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return sign_encoder(model, x, lengths)

    torch.testing.assert_close(step(model), step(plain), atol=1e-3, rtol=1e-3)
    return {
        "clips": len(lengths),
        "tokens": len(x),
        **paired(lambda: step(model), lambda: step(plain), device, repeats),
        "floor_seconds": round(min(seconds(lambda: step(alone), device) for _ in range(repeats + 1)), 4),
        "peak_megabytes": peak_megabytes(lambda: step(model), device),
        "plain_peak_megabytes": peak_megabytes(lambda: step(plain), device),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tokens", type=int, nargs="*", default=[256, 512, 1024, 2048, 4096, 8192])
    parser.add_argument("--window", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    device = torch.device(options.device)
    sizes, repeats = ([256], 1) if options.quick else (options.tokens, options.repeats)
    cases = [torch.tensor(CLIPS), *(torch.tensor([tokens]) for tokens in sizes)]
    result = {
        "benchmark": "sign_encoder",
        "window": options.window,
        "cases": [compare(lengths, options.window, options.quick, device, repeats) for lengths in cases],
        **circumstances(device),
    }
    tell(result, options.output)


if __name__ == "__main__":
    main()
