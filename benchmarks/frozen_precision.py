"""What do frozen weights in fewer bits do to the loss, and what do they take?

Usage: python benchmarks/frozen_precision.py [--quick] [--run demo] [--corpus demo/corpus] [--device cpu]

The loss of a token of a run's dev clips, as its training computes it: in float32, and under autocast with frozen
weights in each precision. `bytes` are those of the language model's matrices between embedding and output. `--quick`
takes the clips that come along, and what the run makes of them for their sentences. Needs the extra `quantised`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from measure import circumstances, seconds, tell
from torch import nn

from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.training.frozen import frozen_in
from sign2gpt.training.live_bytes import held
from sign2gpt.training.losses import sentence_loss
from sign2gpt.video.decode import probe

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--run", default="demo")
    parser.add_argument("--corpus", default="demo/corpus")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    translator = Translator.from_pretrained(options.run, options.device)
    rows = examples(translator) if options.quick else Corpus.open(options.corpus).rows("dev")
    kinds: dict[str, Any] = {}
    for precision in ("fp32", "bf16", "int8", "nf4"):
        with frozen_in(precision, translator.model):
            losses: list[float] = []
            spent = seconds(lambda into=losses: into.append(loss(translator, rows, bf16=True)), translator.device)
            kinds[precision] = {"loss": round(losses[0], 4), "bytes": matrices(translator), "seconds": round(spent, 2)}
    result = {
        "benchmark": "frozen_precision",
        "clips": len(rows),
        "loss_without_autocast": round(loss(translator, rows, bf16=False), 4),
        "frozen": kinds,
        **circumstances(translator.device),
    }
    tell(result, options.output)


@torch.no_grad()
def loss(translator: Translator, rows: list[ClipRow], *, bf16: bool) -> float:
    """Cross entropy of a token, nothing smoothed."""
    decoder, tokenizer, device = translator.decoder(), translator.run.tokenizer, translator.device
    assert tokenizer is not None
    dataset = SignDataset(rows, translator.frames, seed=0, train=False)
    total, tokens = 0.0, 0
    for batch in batches(dataset, by_clips(len(rows), BATCH, None), epoch=0, workers=0):
        ids, labels = tokenizer.encode(batch.texts)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            memory = decoder.remember(*translator.model.encode(batch.frames.to(device), batch.lengths))
            hidden = decoder.hidden(ids.to(device), memory)
            found = sentence_loss(decoder.predict, hidden, labels, 0.0, new_tokens=decoder.new_tokens)
        total, tokens = total + float(found.sum()), tokens + int((labels >= 0).sum())
    return total / tokens


def matrices(translator: Translator) -> int:
    """Bytes of the frozen linear layers' matrices, as they are held now."""
    layers = [layer for layer in translator.decoder().modules() if isinstance(layer, nn.Linear)]
    frozen = [layer for layer in layers if not layer.weight.requires_grad]
    return sum(part.nbytes for layer in frozen for part in held([layer.weight, *layer.buffers()]))


def examples(translator: Translator) -> list[ClipRow]:
    clips = [(path, probe(path).num_frames, translator.translate(path).text) for path in shipped_examples()]
    return [ClipRow(path.stem, "test", path, text, "", None, frames or 1) for path, frames, text in clips]


if __name__ == "__main__":
    main()
