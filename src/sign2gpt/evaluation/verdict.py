"""What a survey's figures mean: beside those of two corpora on which the paper shows that pretraining helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sign2gpt.evaluation.survey import OFTEN, Survey


class Yardstick(NamedTuple):
    """Our taggers' survey of a corpus; recall and precision under the exact reading and the wider one, all 0..1."""

    name: str
    targets: float
    seen_often: float
    recall: tuple[float, float]
    precision: tuple[float, float]


YARDSTICKS = (
    Yardstick("PHOENIX14T", 9.03, 0.944, recall=(0.430, 0.572), precision=(0.339, 0.458)),
    Yardstick("CSL-Daily", 6.69, 0.806, recall=(0.488, 0.647), precision=(0.468, 0.628)),
)
AS_MUCH, LESS = 0.8, 0.5
"""Shares of the lower yardstick from which on a corpus offers about as much, or less but something."""


def verdict(found: Survey) -> list[str]:
    """What the figures say, in sentences; the last one says whether pretraining has something to find."""
    targets = (
        f"A clip has {found.targets:.1f} pseudo-glosses to look for on average, and {found.seen_often:.0%} of them "
        f"stand in {OFTEN} sentences or more ({_beside(lambda y: f'{y.targets:.1f} and {y.seen_often:.0%}')})."
    )
    enough = found.targets * found.seen_often / min(y.targets * y.seen_often for y in YARDSTICKS)
    if found.proxy is None:
        return [
            targets,
            "The corpus has no glosses: what is signed is not known.",
            f"By its sentences alone, {judgement(enough)}.",
        ]
    exact, wide = found.proxy.exact.all, found.proxy.related.all
    recall, precision = (min(side) for side in zip(*((y.recall[0], y.precision[0]) for y in YARDSTICKS), strict=True))
    judged = judgement(min(enough, exact.recall / recall, exact.precision / precision))
    return [
        targets,
        f"Of what is signed, pseudo-glosses name {_span(exact.recall, wide.recall)} "
        f"({_beside(lambda y: _span(*y.recall))}).",
        f"Of the pseudo-glosses, {_span(exact.precision, wide.precision)} are signed "
        f"({_beside(lambda y: _span(*y.precision))}).",
        f"So {judged}.",
    ]


def judgement(share: float) -> str:
    """In words, by the share of what the lower yardstick has."""
    if share >= AS_MUCH:
        return "pretraining has about as much to find as where it is known to help"
    if share >= LESS:
        return "pretraining has less to find than where it is known to help, so expect less of it"
    return "pretraining has little to find; try another tagger, or more sentences, before a GPU is hired"


def _beside(told: Callable[[Yardstick], str]) -> str:
    return ", ".join(f"{yardstick.name} {told(yardstick)}" for yardstick in YARDSTICKS)


def _span(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {high:.0%}"
