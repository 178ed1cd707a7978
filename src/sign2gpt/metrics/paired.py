"""Whether the difference between two systems may be chance: paired bootstrap and paired randomisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sign2gpt.metrics.bootstrap import Values, interval, paired_p, randomisation_p
from sign2gpt.metrics.measures import Measures, measures, randomised, resampled
from sign2gpt.metrics.protocols import Protocol, check_sides, protocol


@dataclass(frozen=True)
class Difference:
    """The score of one system minus that of another, with its interval.

    ``p`` is from the paired bootstrap, ``p_randomisation`` from paired approximate randomisation.
    """

    difference: float
    low: float
    high: float
    p: float
    p_randomisation: float


def differences(
    ours: Sequence[Measures], theirs: Sequence[Measures], *, resamples: int, seed: int, confidence: float
) -> dict[str, Difference]:
    """Each measure's difference between two systems on the same sentences in the same order.

    A system trained with several seeds is the mean of its runs; randomisation exchanges the outputs of all runs.

    Args:
        ours: the measures of each run of the system.
        theirs: those of the baseline.
    """
    runs = [*ours, *theirs]
    samples = [resampled(run, resamples, seed) for run in runs]
    exchanged = randomised(runs, resamples, seed)
    scores = [{name: np.array(measure.score) for name, measure in run.items()} for run in runs]
    found: dict[str, Difference] = {}
    for name in runs[0]:
        observed, bootstrap, chance = (_minus(values, len(ours), name) for values in (scores, samples, exchanged))
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
    """The `differences` between the sentences of two systems.

    Raises:
        UserError: as `score`.
    """
    chosen = protocol(protocol_name)
    for side in (hypotheses, baseline):
        check_sides(side, references, chosen)
    ours, theirs = (measures(side, references, chosen) for side in (hypotheses, baseline))
    return differences([ours], [theirs], resamples=bootstrap, seed=seed, confidence=confidence)


def _minus(values: Sequence[Mapping[str, Values]], ours: int, name: str) -> Values:
    """The mean over our runs minus the mean over theirs."""
    sides = (values[:ours], values[ours:])
    mine, others = (np.mean([run[name] for run in side], axis=0) for side in sides)
    return mine - others
