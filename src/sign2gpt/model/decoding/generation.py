"""From a memory of clips to their sentences, as `DecodingConfig` tells it."""

from __future__ import annotations

from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.beam_search import beam_candidates
from sign2gpt.model.decoding.hypotheses import Hypothesis, Streamer
from sign2gpt.model.decoding.sampling import sample_candidates
from sign2gpt.model.language.decoder import Decoder, Memory


def generate(
    decoder: Decoder, memory: Memory | None, config: DecodingConfig, streamer: Streamer | None = None
) -> list[list[Hypothesis]]:
    """Each clip's ``config.beams`` hypotheses, best first.

    Args:
        memory: of B clips; None, a decoder without video, counts as one clip.
        streamer: is told a clip's number and its next id, at each step; only with one beam.
    """
    shared = config.model_dump(exclude={"beams", "sampling"})
    if config.sampling is None:
        return beam_candidates(decoder, memory, beams=config.beams, **shared, streamer=streamer)
    drawing = config.sampling.model_dump()
    return sample_candidates(decoder, memory, texts=config.beams, **shared, **drawing, streamer=streamer)
