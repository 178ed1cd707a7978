"""What a score means: controls, which do not see the right video, and subsets, which one score would hide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sign2gpt.common.seeds import draw
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import ControlScores, ScoredSentence, SubsetScores
from sign2gpt.metrics.protocols import protocol

LENGTHS = ("short_references", "middle_references", "long_references")


def control_scores(
    hypotheses: Sequence[str],
    references: Sequence[str],
    constant: dict[str, str | None],
    config: EvaluationConfig,
    seed: int,
) -> dict[str, ControlScores]:
    """Scores of shuffled videos, and of each of the ``constant`` sentences for every clip, by name.

    A hypothesis depends on its own clip alone, so shuffled videos are the same hypotheses in another order. A control
    is left out where it has no sentence, or where there is only one clip to shuffle.
    """
    found = {
        name: ControlScores(
            scores=config.score([sentence] * len(references), references, seed).scores, sentence=sentence
        )
        for name, sentence in constant.items()
        if sentence is not None
    }
    if len(references) > 1:
        shuffled = [hypotheses[place] for place in derangement(len(hypotheses), seed)]
        found["shuffled_video"] = ControlScores(scores=config.score(shuffled, references, seed).scores)
    return dict(sorted(found.items()))


def derangement(count: int, seed: int) -> list[int]:
    """A permutation of ``count`` >= 2 places that moves each (Sattolo 1986: one cycle through all)."""
    generator = draw(seed, "shuffled_video")
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = generator.randrange(last)
        order[last], order[other] = order[other], order[last]
    return order


def most_frequent(texts: Iterable[str]) -> str | None:
    """The most frequent text, the first by alphabet if several are; None without texts."""
    counts = Counter(texts)
    return min(counts, key=lambda text: (-counts[text], text), default=None)


def subset_scores(sentences: Sequence[ScoredSentence], config: EvaluationConfig, seed: int) -> dict[str, SubsetScores]:
    """Scores of each subset that is neither empty nor the whole split."""
    chosen = {
        "reference_in_train": ("", [s for s in sentences if s.in_train]),
        "reference_not_in_train": ("", [s for s in sentences if not s.in_train]),
        "each_reference_once": ("", distinct(sentences)),
        **lengths(sentences, config.protocol),
    }
    found: dict[str, SubsetScores] = {}
    for name, (about, some) in chosen.items():
        if 0 < len(some) < len(sentences):
            card = config.score([s.hypothesis for s in some], [s.reference for s in some], seed)
            found[name] = SubsetScores(sentences=len(some), about=about, scores=card.scores)
    return found


def distinct(sentences: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """The first sentence of each reference, so that repeated references count once."""
    first: dict[str, ScoredSentence] = {}
    for sentence in sentences:
        first.setdefault(sentence.reference, sentence)
    return list(first.values())


def lengths(sentences: Sequence[ScoredSentence], protocol_name: str) -> dict[str, tuple[str, list[ScoredSentence]]]:
    """Thirds by length of the reference in the protocol's tokens, with their bounds; equal lengths stay together."""
    prepare = protocol(protocol_name).prepare
    counted = sorted(((len(prepare(s.reference).split()), s) for s in sentences), key=lambda pair: pair[0])
    first, second = (counted[max(len(counted) * third // 3 - 1, 0)][0] for third in (1, 2))
    bounds = ((0, first), (first + 1, second), (second + 1, counted[-1][0]))
    return {
        name: (f"{max(low, 1)} to {high} tokens", [s for length, s in counted if low <= length <= high])
        for name, (low, high) in zip(LENGTHS, bounds, strict=True)
    }
