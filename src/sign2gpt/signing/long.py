"""Long videos: several sentences by one signer in front of one camera, with pauses between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sign2gpt.common.seeds import derive
from sign2gpt.signing.body.motion import Tracks, tracks
from sign2gpt.signing.body.render import Frame, exposures, film
from sign2gpt.signing.body.signers import Signer
from sign2gpt.signing.clips import marked
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.script import Script

Span = tuple[float, float]
AXES = {"hands": 1, "head": 0, "mouth": 0, "brows": 0, "lids": 0}
"""Which axis of a track is time."""


def sign_scripts(
    scripts: Sequence[Script], signer: Signer, config: SigningConfig, seed: int, rest_s: float
) -> tuple[Iterator[Frame], list[Span]]:
    """The frames of several sentences, and start and end of each sentence in seconds.

    Args:
        rest_s: pause between two sentences, in addition to the rest position at the start and end of each.
    """
    rate = config.frame_rate * exposures(config.size)
    parts, spans, at = list[Tracks](), list[Span](), 0
    for number, script in enumerate(scripts):
        signs = marked(script, config.lexicon_seed)
        part = tracks(signs, signer, rate, derive(seed, number), tempo=config.tempo, question=script.question)
        end = at + len(part.brows)
        spans.append((at / rate, end / rate))
        rest = round(rest_s * rate) if number + 1 < len(scripts) else 0
        parts.append(_with_rest(part, rest))
        at = end + rest
    return film(_joined(parts), signer, config.size, seed), spans


def _with_rest(part: Tracks, frames: int) -> Tracks:
    """A movement whose last pose is held for ``frames`` more frames."""

    def longer(track: np.ndarray, axis: int) -> np.ndarray:
        return np.concatenate([track, track.take([-1] * frames, axis)], axis)

    return Tracks(*(longer(getattr(part, name), axis) for name, axis in AXES.items()))


def _joined(parts: Sequence[Tracks]) -> Tracks:
    return Tracks(*(np.concatenate([getattr(part, name) for part in parts], axis) for name, axis in AXES.items()))
