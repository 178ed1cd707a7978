"""Parts of a split that mislead when they are scored in one: known references, repeated ones, short and long ones."""

from __future__ import annotations

from collections.abc import Sequence

from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.controls import take
from sign2gpt.evaluation.record import Part, Sentence
from sign2gpt.metrics.protocols import protocol

LENGTHS = ("short_references", "middle_references", "long_references")


def parts(sentences: Sequence[Sentence], config: EvaluationConfig, seed: int) -> dict[str, Part]:
    """Scores of each part that is neither empty nor the whole."""
    chosen = {
        "reference_in_train": ("", [s for s in sentences if s.in_train]),
        "reference_not_in_train": ("", [s for s in sentences if not s.in_train]),
        "each_reference_once": ("", distinct(sentences)),
        **lengths(sentences, config.protocol),
    }
    found: dict[str, Part] = {}
    for name, (about, some) in chosen.items():
        if 0 < len(some) < len(sentences):
            card = take([s.hypothesis for s in some], [s.reference for s in some], config, seed)
            found[name] = Part(sentences=len(some), about=about, scores=card.scores)
    return found


def distinct(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The first sentence of each reference: a reference that stands twice is one thing known, counted twice."""
    first: dict[str, Sentence] = {}
    for sentence in sentences:
        first.setdefault(sentence.reference, sentence)
    return list(first.values())


def lengths(sentences: Sequence[Sentence], protocol_name: str) -> dict[str, tuple[str, list[Sentence]]]:
    """Thirds by length of the reference in its protocol's tokens, equal lengths together; first what is in them."""
    prepare = protocol(protocol_name).prepare
    counted = sorted(((len(prepare(s.reference).split()), s) for s in sentences), key=lambda pair: pair[0])
    first, second = (counted[max(len(counted) * third // 3 - 1, 0)][0] for third in (1, 2))
    bounds = ((0, first), (first + 1, second), (second + 1, counted[-1][0]))
    return {
        name: (f"{max(low, 1)} to {high} tokens", [s for length, s in counted if low <= length <= high])
        for name, (low, high) in zip(LENGTHS, bounds, strict=True)
    }
