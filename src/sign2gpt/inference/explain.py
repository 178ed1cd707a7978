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
class Inspection:
    """One clip: its frames (T*, H, W, 3) uint8 as the model sees them, its pseudo-glosses, and whence the words come.

    ``localisation`` is None without a pretraining head, ``attention`` where all gates are shut or the text is empty.
    """

    frames: np.ndarray
    localisation: Localisation | None
    attention: Attention | None


@torch.inference_mode()
def inspect(reader: Reader, row: ClipRow, text: str) -> Inspection:
    """Reads a clip of a corpus again, and ``text`` as if the run had just said it of the clip."""
    frames = SignDataset([row], reader.frames, seed=0, train=False)[0].frames
    lengths, duration_s = torch.tensor([len(frames)]), row.num_frames / reader.frame_rate
    features = reader.frame_features(frames)
    encoded = reader.model.encode_seen(features.own, lengths)
    found = reader.localisations(features, lengths, [duration_s], encoded)
    attention = _attention(reader, encoded.z, text, duration_s)
    return Inspection(frames.permute(0, 2, 3, 1).numpy(), None if found is None else found[0], attention)


def _attention(reader: Reader, z: torch.Tensor, text: str, duration_s: float) -> Attention | None:
    found = reader.model.attention(z, text)
    if found is None:
        return None
    words, weights = found
    return Attention(words, weights.numpy(), reader.seconds_per_token, duration_s)


def sign_features(
    reader: Reader, rows: Sequence[ClipRow], batch: int, progress: Callable[[int], None]
) -> Iterator[np.ndarray]:
    """Yields each clip's features (T, C) as the decoder gets them; ``progress`` is told the clips of each batch."""
    dataset = SignDataset(list(rows), reader.frames, seed=0, train=False)
    for group in batches(dataset, by_clips(len(rows), batch, None), epoch=0, workers=0):
        with torch.inference_mode():
            z, tokens = reader.model.encode(group.frames.to(reader.device), group.lengths)
        yield from (clip.float().cpu().numpy() for clip in packed.split(z, tokens))
        progress(len(group.ids))
