"""Generates the sentences of a weather report: in German, and in signs.

Sign order is time, place, comment, with negation at the end; articles, prepositions, copulas and the like are not
signed. The signs nearly determine the German text: where there are several wordings, they have different signs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from sign2gpt.common.seeds import derive, draw
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language import weather
from sign2gpt.signing.language.sentences import sentence
from sign2gpt.signing.script import Script

# Tenths of all sentences that may appear in a split. The tenth of a sentence depends only on its glosses,
# so that no corpus, whatever its seed and size, trains on a test sentence of another.
SHARES = {"train": range(7), "dev": range(7, 8), "test": range(8, 9), "test_unseen_signer": range(9, 10)}

LONGEST = 10

SUBJECTS = frozenset(
    {what.gloss for what in weather.THINGS} | {gloss for state in weather.STATES for gloss in state.glosses}
)


def scripts(config: SigningConfig) -> dict[str, list[Script]]:
    """The distinct sentences of each split, which do not depend on the sizes of the other splits."""
    sizes = {name: getattr(config, name) for name in SHARES}
    return {name: _distinct(config.seed, name, size) for name, size in sizes.items() if size}


def _distinct(seed: int, split: str, size: int) -> list[Script]:
    found: dict[str, Script] = {}
    for script in _stream(draw(seed, "sentences", split)):
        if derive(0, "share", *script.glosses) % 10 in SHARES[split]:
            found.setdefault(script.text, script)
        if len(found) == size:
            return list(found.values())
    raise AssertionError("the stream of sentences never ends")


def _stream(rng: Random) -> Iterator[Script]:
    while True:
        script = sentence(rng)
        if len(script.glosses) <= LONGEST and _sensible(script):
            yield script


def _sensible(script: Script) -> bool:
    """Whether no subject appears twice, and the weather fits the season."""
    signed = Counter(script.glosses)
    if any(signed[gloss] > 1 for gloss in SUBJECTS):
        return False
    frozen = not signed.keys().isdisjoint(weather.WINTER) and not signed.keys().isdisjoint(weather.SUMMER_MONTHS)
    sultry = not signed.keys().isdisjoint(weather.SUMMER) and not signed.keys().isdisjoint(weather.WINTER_MONTHS)
    return not (frozen or sultry)
