"""How densely a run packs the features of different signs, and a map of them.

The measure is the sign density ratio of *Improving Gloss-free Sign Language Translation by Reducing Representation
Density* (Ye, Wang, Jiao, Liang, Xiong; NeurIPS 2024). N signs, C width of their features, G pseudo-glosses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sign2gpt.common.extras import require
from sign2gpt.common.seeds import derive, draw
from sign2gpt.evaluation.record import Sentence

FEWEST, MOST, GLOSSES = 3, 20, 200
"""Signs that a pseudo-gloss must have, signs that are taken of it at most, and pseudo-glosses, the commonest first."""
MAPPED = 600
"""Signs on the map at most."""
PERPLEXITY = 30.0


@dataclass(frozen=True)
class Signs:
    """Signs with their pseudo-glosses: ``features`` (N, C); those of a gloss lie together, commonest gloss first."""

    glosses: list[str]
    features: np.ndarray


def placed_signs(
    clips: Iterable[tuple[Sentence, np.ndarray]], seconds_per_token: float, seed: int, most: int = MOST
) -> Signs:
    """One sign for each stretch where a pseudo-gloss was placed: the mean of the clip's features (T, C) there.

    Of a sentence whose pseudo-glosses are known, only these count: what was placed besides is a mistake.
    """
    found: dict[str, list[np.ndarray]] = defaultdict(list)
    for sentence, features in clips:
        known = None if sentence.targets is None else set(sentence.targets)
        for place in sentence.pseudo_glosses or []:
            if known is None or place.gloss in known:
                start = min(round(place.start_s / seconds_per_token), len(features) - 1)
                end = max(round(place.end_s / seconds_per_token), start + 1)
                found[place.gloss].append(features[start:end].mean(axis=0))
    often = sorted((g for g in found if len(found[g]) >= FEWEST), key=lambda g: (-len(found[g]), g))[:GLOSSES]
    chosen = {gloss: _some(found[gloss], most, seed, gloss) for gloss in often}
    glosses = [gloss for gloss, signs in chosen.items() for _ in signs]
    features = [sign for signs in chosen.values() for sign in signs]
    return Signs(glosses, np.stack(features) if features else np.empty((0, 0)))


def sign_density(signs: Signs) -> dict[str, float]:
    """The sign density ratio of each pseudo-gloss (Ye et al. 2024, equations 1 to 3).

    SDR(g) is the mean distance of two signs of g over the mean of the distances between g and each other gloss h, where
    the distance between g and h is the mean over all pairs of a sign of g and one of h; distances are Euclidean. Near
    0: signs of one gloss lie together and far from all others. Near 1: they lie among the others, which is dense.
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


def sign_map(signs: Signs, seed: int) -> tuple[list[str], np.ndarray]:
    """Pseudo-glosses and places (N, 2) of at most `MAPPED` signs, the commonest, by t-SNE.

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
