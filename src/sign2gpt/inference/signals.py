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
    values = sureness(said) | {"video_share": round(_share(decoder, memory, said.ids), 5)}
    if found is not None:
        values["resemblance"] = round(found.resemblance, 5)
    return values


def sureness(said: Hypothesis) -> dict[str, float]:
    """The signal that costs nothing and needs no calibration to be measured."""
    tokens = len(said.ids) + 1  # the end is one
    return {"log_probability": round(said.log_probability / tokens, 5)}


def _share(decoder: Decoder, memory: Memory, ids: list[int]) -> float:
    """Length of what was watched behind the gates as a share of that and of what was attended to: mean over layers."""
    told = [replace(seen, shares=[]) for seen in memory]
    decoder.hidden(torch.tensor([[decoder.start_id, *ids]], device=decoder.device), told)
    return float(torch.stack([share for seen in told for share in seen.shares or []]).mean())
