"""Controls: what a system would score that knows the language but not the video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sign2gpt.common.seeds import draw
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.metrics.scores import ScoreCard, score


def derangement(count: int, seed: int) -> list[int]:
    """A permutation of ``count`` >= 2 places that leaves none where it was (Sattolo 1986: one cycle through all)."""
    generator = draw(seed, "shuffled_video")
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = generator.randrange(last)
        order[last], order[other] = order[other], order[last]
    return order


def control_scores(
    hypotheses: Sequence[str],
    references: Sequence[str],
    text_only: str,
    config: EvaluationConfig,
    seed: int,
    frequent: str = "",
) -> dict[str, ScoreCard]:
    """Scores of shuffled videos, of the decoder without video, and of training's most frequent sentence said each time.

    A hypothesis depends on its own clip alone, so sentences with each other's videos are hypotheses in another order.
    A single clip has no other's video, a corpus may have no training split: then that control is left out.
    """
    sides = {"text_only": [text_only] * len(references)}
    if frequent:
        sides["frequent_sentence"] = [frequent] * len(references)
    if len(references) > 1:
        sides["shuffled_video"] = [hypotheses[place] for place in derangement(len(hypotheses), seed)]
    return {name: take(side, references, config, seed) for name, side in sorted(sides.items())}


def most_frequent(texts: Iterable[str]) -> str:
    """The commonest text, of several the first by alphabet; empty where there is none."""
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text), default="")


def take(hypotheses: Sequence[str], references: Sequence[str], config: EvaluationConfig, seed: int) -> ScoreCard:
    """Scores as the recipe asks for them."""
    return score(
        hypotheses,
        references,
        config.protocol,
        bootstrap=config.bootstrap,
        seed=seed,
        confidence=config.confidence,
    )
