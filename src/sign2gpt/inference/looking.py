"""What a run shows of itself: features of the signs, and which part of a clip each word of a text comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.reader import Reader
from sign2gpt.model import packed
from sign2gpt.model.looking import cross_attention, gates


@dataclass(frozen=True)
class Attention:
    """Where in a clip the words of a text come from: ``weights`` (W, T) of the sign encoder's tokens, rows sum to 1."""

    words: list[str]
    weights: np.ndarray
    seconds_per_token: float
    duration_s: float

    def peaks(self) -> list[tuple[str, float]]:
        """Each word with the middle, in seconds, of the token that it has the highest weight at."""
        return [
            (word, (int(row.argmax()) + 0.5) * self.seconds_per_token)
            for word, row in zip(self.words, self.weights, strict=True)
        ]


@dataclass(frozen=True)
class Look:
    """One clip: its frames (T*, H, W, 3) uint8 as the model sees them, its pseudo-glosses, and whence the words come.

    ``localisation`` is None without a pretraining head, ``attention`` where all gates are shut or the text is empty.
    """

    frames: np.ndarray
    localisation: Localisation | None
    attention: Attention | None


@torch.inference_mode()
def look(reader: Reader, row: ClipRow, text: str) -> Look:
    """Reads a clip of a corpus again, and ``text`` as if the run had just said it of the clip."""
    frames = SignDataset([row], reader.frames, seed=0, train=False)[0].frames
    lengths, duration_s = torch.tensor([len(frames)]), row.num_frames / reader.frame_rate
    watched = reader.watch(frames)
    found = reader.localisations(watched[-1], lengths, [duration_s])
    z, _ = reader.model.sign_encoder(watched[0], lengths)
    attention = _attention(reader, z, text, duration_s)
    return Look(frames.permute(0, 2, 3, 1).numpy(), None if found is None else found[0], attention)


def _attention(reader: Reader, z: torch.Tensor, text: str, duration_s: float) -> Attention | None:
    tokenizer = reader.run.tokenizer
    assert tokenizer is not None
    words = tokenizer.words(text)
    input_ids, _ = tokenizer.encode([text])
    weights = cross_attention(reader.decoder(), z, input_ids.to(reader.device)) if words else None
    if weights is None:
        return None
    rows = np.stack([weights[places].mean(0).numpy() for _, places in words])
    return Attention([word for word, _ in words], rows, reader.seconds_per_token, duration_s)


def sign_features(
    reader: Reader, rows: Sequence[ClipRow], batch: int, progress: Callable[[int], None]
) -> Iterator[np.ndarray]:
    """Yields each clip's features (T, C) as the decoder gets them; ``progress`` is told the clips of each batch."""
    dataset = SignDataset(list(rows), reader.frames, seed=0, train=False)
    for group in batches(dataset, by_clips(len(rows), batch, None), epoch=0, workers=0):
        with torch.inference_mode():
            z, tokens = reader.model.sign_encoder(reader.model.spatial(group.frames.to(reader.device)), group.lengths)
        yield from (clip.float().cpu().numpy() for clip in packed.split(z, tokens))
        progress(len(group.ids))


def opened_gates(reader: Reader) -> list[list[float]]:
    """How far each head's gate is open, 0..1: a list for each layer."""
    return gates(reader.decoder())
