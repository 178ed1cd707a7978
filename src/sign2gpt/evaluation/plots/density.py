"""How densely a run packs the features of different signs, and a map of them.

The measure is the sign density ratio of *Improving Gloss-free Sign Language Translation by Reducing Representation
Density* (Ye, Wang, Jiao, Liang, Xiong; NeurIPS 2024). N signs, C width of their features, G pseudo-glosses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sign2gpt.common.installation import require
from sign2gpt.common.seeds import derive, draw
from sign2gpt.evaluation.record import ScoredSentence

FEWEST, MOST, GLOSSES = 3, 20, 200
"""The fewest signs of a pseudo-gloss, the most that are used of it, and the number of most frequent pseudo-glosses."""
MAPPED = 600
"""The most signs on a map."""
PERPLEXITY = 30.0


@dataclass(frozen=True)
class PlacedSigns:
    """Signs with their pseudo-glosses: ``features`` (N, C); grouped by gloss, the most frequent first."""

    glosses: list[str]
    features: np.ndarray


def placed_signs(
    clips: Iterable[tuple[ScoredSentence, np.ndarray]], seconds_per_token: float, seed: int, most: int = MOST
) -> PlacedSigns:
    """One sign for each localised pseudo-gloss: the mean of the clip's features (T, C) over its span.

    Where the pseudo-glosses of a sentence are known, only these count; any other is a false positive.
    """
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    for sentence, features in clips:
        known = None if sentence.targets is None else set(sentence.targets)
        for span in sentence.pseudo_glosses or []:
            if known is None or span.gloss in known:
                start = min(round(span.start_s / seconds_per_token), len(features) - 1)
                end = max(round(span.end_s / seconds_per_token), start + 1)
                found[span.gloss].append(features[start:end].mean(axis=0))
    often = sorted((g for g in found if len(found[g]) >= FEWEST), key=lambda g: (-len(found[g]), g))[:GLOSSES]
    chosen = {gloss: _some(found[gloss], most, seed, gloss) for gloss in often}
    glosses = [gloss for gloss, signs in chosen.items() for _ in signs]
    features = [sign for signs in chosen.values() for sign in signs]
    return PlacedSigns(glosses, np.stack(features) if features else np.empty((0, 0)))


def sign_density(signs: PlacedSigns) -> dict[str, float]:
    """The sign density ratio of each pseudo-gloss (Ye et al. 2024, equations 1 to 3).

    SDR(g) is the mean distance of two signs of g over the mean of the distances between g and each other gloss h, where
    the distance between g and h is the mean over all pairs of a sign of g and one of h; distances are Euclidean. Near
    0, signs of one gloss are close together and far from all others; near 1, they overlap with the others.
    """
    names = list(dict.fromkeys(signs.glosses))
    if len(names) < 2:
        return {}
    member = np.array([[name == gloss for gloss in signs.glosses] for name in names], dtype=np.float64)  # (G, N)
    counts = member.sum(axis=1)
    sums = member @ distances(signs.features) @ member.T  # (G, G), of all pairs
    within = sums.diagonal() / (counts * (counts - 1))
    between = sums / np.outer(counts, counts)
    np.fill_diagonal(between, 0)
    ratios = within / (between.sum(axis=1) / (len(names) - 1))
    return {name: float(ratio) for name, ratio in zip(names, ratios, strict=True)}


def distances(features: np.ndarray) -> np.ndarray:
    """Euclidean distances (N, N) between the rows of (N, C)."""
    x = features.astype(np.float64)
    x -= x.mean(axis=0)
    squares = (x**2).sum(axis=1)
    between = np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))
    np.fill_diagonal(between, 0)
    return between


def sign_map(signs: PlacedSigns, seed: int) -> tuple[list[str], np.ndarray]:
    """Pseudo-glosses and points (N, 2) of the `MAPPED` most frequent signs, by t-SNE.

    Raises:
        UserError: scikit-learn is not installed.
    """
    glosses, features = signs.glosses[:MAPPED], signs.features[:MAPPED]
    manifold = require("sklearn.manifold", "report")
    perplexity = min(PERPLEXITY, (len(glosses) - 1) / 3)
    tsne = manifold.TSNE(perplexity=perplexity, random_state=derive(seed, "sign map") % 2**32)
    return glosses, tsne.fit_transform(features)


def _some(signs: Sequence[np.ndarray], most: int, seed: int, gloss: str) -> Sequence[np.ndarray]:
    return signs if len(signs) <= most else draw(seed, "signs", gloss).sample(list(signs), most)
