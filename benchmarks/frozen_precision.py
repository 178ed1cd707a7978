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
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.training.losses import sentence_loss
from sign2gpt.training.measure.live_bytes import held
from sign2gpt.training.parallel.frozen import frozen_in
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
    model, device = translator.reader.model, translator.device
    assert isinstance(model, Sign2GPT)
    rows = examples(translator) if options.quick else Corpus.open(options.corpus).rows("dev")
    clips = SignDataset(rows, translator.reader.frames, seed=0, train=False)
    kinds: dict[str, Any] = {}
    for precision in ("fp32", "bf16", "int8", "nf4"):
        with frozen_in(precision, model):
            losses: list[float] = []
            spent = seconds(lambda into=losses: into.append(loss(model, clips, device, bf16=True)), device)
            kinds[precision] = {"loss": round(losses[0], 4), "bytes": matrices(model), "seconds": round(spent, 2)}
    result = {
        "benchmark": "frozen_precision",
        "clips": len(rows),
        "loss_without_autocast": round(loss(model, clips, device, bf16=False), 4),
        "frozen": kinds,
        **circumstances(device),
    }
    tell(result, options.output)


@torch.no_grad()
def loss(model: Sign2GPT, clips: SignDataset, device: torch.device, *, bf16: bool) -> float:
    """Cross entropy of a token, nothing smoothed."""
    decoder, tokenizer = model.decoder, model.tokenizer
    assert decoder is not None
    assert tokenizer is not None
    total, tokens = 0.0, 0
    for batch in batches(clips, by_clips(len(clips), BATCH, None), epoch=0, workers=0):
        ids, labels = tokenizer.encode(batch.texts)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            memory = decoder.remember(*model.encode(batch.frames.to(device), batch.lengths))
            hidden = decoder.hidden(ids.to(device), memory)
            found = sentence_loss(decoder.predict, hidden, labels, 0.0, new_tokens=decoder.new_tokens)
        total, tokens = total + float(found.sum()), tokens + int((labels >= 0).sum())
    return total / tokens


def matrices(model: Sign2GPT) -> int:
    """Bytes of the frozen linear layers' matrices, as they are held now."""
    assert model.decoder is not None
    layers = [layer for layer in model.decoder.modules() if isinstance(layer, nn.Linear)]
    frozen = [layer for layer in layers if not layer.weight.requires_grad]
    return sum(part.nbytes for layer in frozen for part in held([layer.weight, *layer.buffers()]))


def examples(translator: Translator) -> list[ClipRow]:
    clips = [(path, probe(path).num_frames, translator.translate(path).text) for path in shipped_examples()]
    return [ClipRow(path.stem, "test", path, text, "", None, frames or 1) for path, frames, text in clips]


if __name__ == "__main__":
    main()
