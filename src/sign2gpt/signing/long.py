"""Long videos: several sentences by one signer before one camera, with rests between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sign2gpt.common.seeds import derive
from sign2gpt.signing.clips import marked
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.motion import Tracks, tracks
from sign2gpt.signing.render import Frame, exposures, film
from sign2gpt.signing.script import Script
from sign2gpt.signing.signers import Signer

Span = tuple[float, float]
AXES = {"hands": 1, "head": 0, "mouth": 0, "brows": 0, "lids": 0}
"""Which axis of a track is time."""


def sign_scripts(
    scripts: Sequence[Script], signer: Signer, config: SigningConfig, seed: int, rest_s: float
) -> tuple[Iterator[Frame], list[Span]]:
    """The frames of sentences one after the other, and from when to when each is signed, in seconds.

    Args:
        rest_s: how long the signer stays at rest between two sentences, beside the rest that each begins and ends with.
    """
    rate = config.frame_rate * exposures(config.size)
    parts, spans, at = list[Tracks](), list[Span](), 0
    for number, script in enumerate(scripts):
        signs = marked(script, config.lexicon_seed)
        part = tracks(signs, signer, rate, derive(seed, number), tempo=config.tempo, question=script.question)
        end = at + len(part.brows)
        spans.append((at / rate, end / rate))
        rest = round(rest_s * rate) if number + 1 < len(scripts) else 0
        parts.append(_held(part, rest))
        at = end + rest
    return film(_joined(parts), signer, config.size, seed), spans


def _held(part: Tracks, frames: int) -> Tracks:
    """A movement whose last pose stays for so many frames more."""

    def longer(track: np.ndarray, axis: int) -> np.ndarray:
        return np.concatenate([track, track.take([-1] * frames, axis)], axis)

    return Tracks(*(longer(getattr(part, name), axis) for name, axis in AXES.items()))


def _joined(parts: Sequence[Tracks]) -> Tracks:
    return Tracks(*(np.concatenate([getattr(part, name) for part in parts], axis) for name, axis in AXES.items()))
