"""Is one system better than another, or was it luck of the sentences? Both tests of the field, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sign2gpt.metrics.bootstrap import Values, interval, paired_p, randomisation_p
from sign2gpt.metrics.measures import Measures, measures, randomised, resampled
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol


@dataclass(frozen=True)
class Difference:
    """Score of one system less that of another; ``p`` is of the paired bootstrap, the other of randomisation."""

    difference: float
    low: float
    high: float
    p: float
    p_randomisation: float


def differences(
    ours: Sequence[Measures], theirs: Sequence[Measures], *, resamples: int, seed: int, confidence: float
) -> dict[str, Difference]:
    """Each measure's difference between two systems on the same sentences in the same order.

    A system trained with several seeds is the mean of its runs; the outputs of all runs are exchanged with one another.

    Args:
        ours: the measures of each run of the system; ``theirs`` those of the baseline.
    """
    runs = [*ours, *theirs]
    drawn = [resampled(run, resamples, seed) for run in runs]
    dealt = randomised(runs, resamples, seed)
    scores = [{name: np.array(measure.score) for name, measure in run.items()} for run in runs]
    found: dict[str, Difference] = {}
    for name in runs[0]:
        observed, bootstrap, chance = (_less(values, len(ours), name) for values in (scores, drawn, dealt))
        low, high = interval(bootstrap, confidence)
        by_bootstrap, by_chance = paired_p(float(observed), bootstrap), randomisation_p(float(observed), chance)
        found[name] = Difference(float(observed), low, high, by_bootstrap, by_chance)
    return found


def compare(
    hypotheses: Sequence[str],
    baseline: Sequence[str],
    references: Sequence[str],
    protocol_name: str | Protocol,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, Difference]:
    """`differences` of two systems' sentences.

    Raises:
        UserError: as `score`.
    """
    chosen = protocol(protocol_name)
    for side in (hypotheses, baseline):
        check_sides(side, references, chosen)
    ours, theirs = (measures(side, references, chosen) for side in (hypotheses, baseline))
    return differences([ours], [theirs], resamples=bootstrap, seed=seed, confidence=confidence)


def _less(values: Sequence[Mapping[str, Values]], ours: int, name: str) -> Values:
    """The mean over our runs less the mean over theirs."""
    sides = (values[:ours], values[ours:])
    mine, others = (np.mean([run[name] for run in side], axis=0) for side in sides)
    return mine - others
