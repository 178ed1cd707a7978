"""The measures of SCORING.md told plainly, from the texts and not from any library's counts, on many random ones."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from sign2gpt.metrics.scores import score

WORDS = ["am", "tag", "viel", "regen", "im", "norden", "und", "wind"]
Sides = tuple[list[str], list[str]]


def drawn(seed: int, *, double: bool = False) -> Sides:
    """Sentences, and some of their words; of an empty one nothing is asked."""
    draw = random.Random(seed)

    def sentence(least: int) -> str:
        blanks = [" ", "  "] if double else [" "]
        words = [draw.choice(WORDS) + draw.choice(blanks) for _ in range(draw.randint(least, 9))]
        return "".join(words).strip()

    references = [sentence(1) for _ in range(draw.randint(1, 8))]
    kept = [" ".join(w for w in text.split(" ") if draw.random() < 0.7) for text in references]
    return [draw.choice((text, sentence(0))) for text in kept], references


def ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[at : at + n]) for at in range(len(tokens) - n + 1))


def bleu(sides: Sides, order: int) -> float:
    """Corpus level: clipped matches of all sentences over all n-grams said, geometric mean, brevity penalty."""
    hypotheses, references = ([text.split() for text in side] for side in sides)
    precisions, halving = [], 1.0
    for n in range(1, order + 1):
        pairs = [(ngrams(h, n), ngrams(r, n)) for h, r in zip(hypotheses, references, strict=True)]
        matches = sum(min(count, theirs[gram]) for ours, theirs in pairs for gram, count in ours.items())
        total = sum(sum(ours.values()) for ours, _ in pairs)
        if not total:
            return 0.0
        if not matches:
            halving /= 2
        precisions.append((matches or halving) / total)
    if halving == 0.5**order:
        return 0.0
    said, wanted = (sum(map(len, side)) for side in (hypotheses, references))
    brevity = 1.0 if said >= wanted else math.exp(1 - wanted / said)
    return 100 * brevity * math.prod(precisions) ** (1 / order)


def rouge(sides: Sides) -> float:
    """The mean over sentences of F with beta 1.2; every single blank splits, so that two make an empty token."""

    def f(hypothesis: str, reference: str) -> float:
        ours, theirs = hypothesis.split(" "), reference.split(" ")

        @cache
        def common(i: int, j: int) -> int:
            if i == len(ours) or j == len(theirs):
                return 0
            if ours[i] == theirs[j]:
                return 1 + common(i + 1, j + 1)
            return max(common(i + 1, j), common(i, j + 1))

        precision, recall = common(0, 0) / len(ours), common(0, 0) / len(theirs)
        return (1 + 1.2**2) * precision * recall / (recall + 1.2**2 * precision) if common(0, 0) else 0.0

    return 100 * sum(map(f, *sides)) / len(sides[0])


def chrf(sides: Sides) -> float:
    """F2 of mean precision and mean recall over the orders 1 to 6 of letters, blanks left out, of all sentences."""
    precisions, recalls = [], []
    for n in range(1, 7):
        said = wanted = matches = 0
        for hypothesis, reference in zip(*sides, strict=True):
            ours, theirs = (ngrams("".join(text.split()), n) for text in (hypothesis, reference))
            said += sum(ours.values()) if theirs else 0
            wanted += sum(theirs.values())
            matches += sum(min(count, theirs[gram]) for gram, count in ours.items())
        if said and wanted:
            precisions.append(matches / said)
            recalls.append(matches / wanted)
    if not sum(precisions):
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 100 * 5 * precision * recall / (4 * precision + recall)


@pytest.mark.parametrize("double", [False, True])
def test_every_measure_of_many_random_texts(double: bool) -> None:
    for seed in range(150):
        sides = drawn(seed, double=double)
        card = score(*sides, "plain", bootstrap=0)
        prepared = [text.strip() for text in sides[0]], sides[1]
        for order in range(1, 5):
            assert card[f"bleu{order}"].score == pytest.approx(bleu(prepared, order), abs=1e-4), (seed, order)
        assert card["rouge_l"].score == pytest.approx(rouge(prepared), abs=1e-4), seed
        assert card["chrf"].score == pytest.approx(chrf(prepared), abs=1e-4), seed


def test_protocols_prepare_both_sides_and_then_score_as_plain() -> None:
    for seed in range(40):
        hypotheses, references = drawn(seed)
        card = score(
            [f"{text} ." for text in hypotheses], [text.title() for text in references], "phoenix14t", bootstrap=0
        )
        dotted = tuple([f"{text} .".strip() for text in side] for side in (hypotheses, references))
        assert card["bleu4"].score == pytest.approx(bleu(dotted, 4), abs=1e-4)  # type: ignore[arg-type]
        assert card.variants["without_dot"]["bleu4"].score == pytest.approx(bleu((hypotheses, references), 4), abs=1e-4)
        characters = tuple([" ".join(text.replace(" ", "")) for text in side] for side in (hypotheses, references))
        apart = [text.replace(" ", "") for text in hypotheses], [text.replace(" ", "") for text in references]
        assert score(*apart, "csl-daily", bootstrap=0)["bleu4"].score == pytest.approx(bleu(characters, 4), abs=1e-4)  # type: ignore[arg-type]
