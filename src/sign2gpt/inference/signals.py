"""What tells of a clip whether it is like those of the training (`trust.SIGNALS`)."""

from __future__ import annotations

from dataclasses import replace

import torch

from sign2gpt.inference.localisation import Localisation
from sign2gpt.model.decoder import Decoder, Memory
from sign2gpt.model.growing import Hypothesis


def signals(decoder: Decoder, memory: Memory, said: Hypothesis, found: Localisation | None) -> dict[str, float]:
    """The signals of one clip.

    Args:
        memory: of that clip alone.
        said: its sentence.
        found: pseudo-glosses in it; None where the run has no head.
    """
    tokens = len(said.ids) + 1  # the end is one
    values = {"log_probability": said.log_probability / tokens, "video_share": _share(decoder, memory, said.ids)}
    if found is not None:
        values["resemblance"] = found.resemblance
    return {name: round(value, 5) for name, value in values.items()}


def _share(decoder: Decoder, memory: Memory, ids: list[int]) -> float:
    """Length of what was watched behind the gates as a share of that and of what was attended to: mean over layers."""
    told = [replace(seen, shares=[]) for seen in memory]
    decoder.hidden(torch.tensor([[decoder.start_id, *ids]], device=decoder.device), told)
    return float(torch.stack([share for seen in told for share in seen.shares or []]).mean())
