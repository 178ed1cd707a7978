"""Translation (MODEL.md 5): which sentence does a clip say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn

from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import SignBatch
from sign2gpt.metrics.scores import score
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.generation import generate
from sign2gpt.model.growing import Hypothesis
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.text import Tokenizer
from sign2gpt.training.losses import sentence_loss
from sign2gpt.training.optim import hold_gates
from sign2gpt.training.tasks import Source, encode


class Written(NamedTuple):
    """A dev clip's sentence: as it was written, its reference, and the mean log-probability of its ids and its end."""

    hypothesis: str
    reference: str
    log_probability: float


class TranslateTask:
    """Label-smoothed cross entropy; chosen by BLEU-4 of dev sentences written freely, none of the reference shown.

    Args:
        protocol: text protocol of the score.
        smoothing: share of the target that is spread over the vocabulary.
        gate_range: limits of the stored gates; none: they wander freely.
        frozen: parts of the model that stay as they are.
    """

    chooses = "bleu4"

    def __init__(
        self,
        model: Sign2GPT,
        source: Source,
        dev: Source,
        tokenizer: Tokenizer,
        processes: Processes,
        *,
        decoding: DecodingConfig,
        protocol: str,
        smoothing: float,
        gate_range: tuple[float, float] | None,
        frozen: Sequence[nn.Module] = (),
    ) -> None:
        assert model.decoder is not None
        self.model, self.decoder, self.tokenizer = model, model.decoder, tokenizer
        self.source, self.dev, self.processes = source, dev, processes
        self.decoding, self.protocol = decoding, protocol
        self.smoothing, self.gate_range = smoothing, gate_range
        self.frozen = frozen

    def train(self) -> None:
        self.model.train()
        for part in self.frozen:
            part.eval()

    def count(self, batch: SignBatch) -> int:
        return int((self.tokenizer.encode(batch.texts)[1] >= 0).sum())

    def losses(self, batch: SignBatch) -> torch.Tensor:
        return self._losses(batch, *encode(self.model, batch))

    def after_step(self) -> None:
        if self.gate_range is not None:
            hold_gates(self.model, self.gate_range)

    def evaluate(self) -> dict[str, float]:
        """BLEU-4, the loss of a sentence and how sure the least sure one is: of dev, which all processes decode."""
        written, loss = self.translations()
        hypotheses, references, sure = zip(*written, strict=True)
        card = score(hypotheses, references, self.protocol, bootstrap=0)
        figures = {"bleu4": card["bleu4"].score, "rouge_l": card["rouge_l"].score, "loss": loss}
        return figures | {"lowest_log_probability": round(min(sure), 5)}

    def translations(self) -> tuple[list[Written], float]:
        """What was written of every dev clip, of all processes, and the mean loss of a sentence."""
        written: list[Written] = []
        totals = torch.zeros(2, dtype=torch.float64, device=self.processes.device)
        for batch, real in self.dev.counted():
            z, lengths = encode(self.model, batch.to(self.processes.device))
            losses = self._losses(batch, z, lengths)[real]
            totals += torch.stack([losses.sum().double(), totals.new_tensor(len(real))])
            found = generate(self.decoder, self.decoder.remember(z, lengths), self.decoding)
            written += [self._written(found[at][0], batch.texts[at]) for at in real]
        loss, clips = self.processes.sum(totals).tolist()
        return self.processes.gather(written), loss / clips

    def _written(self, best: Hypothesis, reference: str) -> Written:
        sure = best.log_probability / (len(best.ids) + 1)
        return Written(self.tokenizer.decode(best.ids), reference, sure)

    def _losses(self, batch: SignBatch, z: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        ids, labels = self.tokenizer.encode(batch.texts)
        decoder = self.decoder
        hidden = decoder.hidden(ids.to(z.device), decoder.remember(z, lengths))
        return sentence_loss(decoder.predict, hidden, labels, self.smoothing, new_tokens=decoder.new_tokens)
