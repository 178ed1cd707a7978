"""Which words of a sentence its annotated glosses support.

Annotations do not state which sign stands for which word, so two readings bound the answer. `EXACT`: a word, as
written or as its lemma, equals a gloss of the clip. `RELATED`: or it shares its beginning with a gloss, as norden and
NORD, sonnig and SONNE, regenschauer and REGEN do, and a few unrelated words too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from sign2gpt.data.glosses.taggers import Tagged
from sign2gpt.data.segment import CHINESE

Reading = Literal["exact", "related"]
EXACT: Reading = "exact"
RELATED: Reading = "related"

UMLAUTS = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE", "-": "", "+": ""})
MARKS = re.compile(r"^(?:[a-z]+-)+")
"""Annotators' prefixes: neg-REGEN, poss-UNS, loc-NORD, cl-KOMMEN."""
NO_SIGN = "__"
"""The prefix of annotations that are not signs, such as __ON__ and __EMOTION__."""
ENDING = re.compile("EN?$")
SHORTEST_STEM, SHORTEST_WORD = 4, 3

NOTHING: frozenset[str] = frozenset()


class SignedGlosses:
    """The annotated glosses of one clip; ``names`` are those that are signs.

    A gloss is compared without its marks, the number of its variant (HABEN2) and the plus signs of spelling (Z+D+F),
    whole and by its parts (NORDRHEIN-WESTFALEN); two neighbours also as one word (DEUTSCH LAND).
    """

    def __init__(self, glosses: str) -> None:
        signed = [gloss for gloss in glosses.split() if not gloss.startswith(NO_SIGN)]
        self.names = frozenset(signed)
        own = [(form, gloss) for gloss in signed for form in _forms(gloss)]
        joined = [(folded(_plain(one) + _plain(two)), gloss) for one, two in pairwise(signed) for gloss in (one, two)]
        self._own, self._equal = _collected(own), _collected(own + joined)

    def supporting(self, word: Tagged, reading: Reading) -> frozenset[str]:
        """The glosses that support ``word``; only content words can be related to a gloss that they do not equal."""
        written, basic = folded(word.word), folded(word.gloss)
        equal = self._equal.get(written, NOTHING) | self._equal.get(basic, NOTHING)
        if equal or reading == EXACT or not word.kept:
            return equal
        relatives = (glosses for form, glosses in self._own.items() if related(form, written) or related(form, basic))
        return NOTHING.union(*relatives)


def folded(word: str) -> str:
    """A word in the spelling of glosses: SÜDÖSTLICH is SUEDOESTLICH; nothing separates its parts."""
    return word.upper().translate(UMLAUTS)


def related(one: str, other: str) -> bool:
    """Whether one begins with the other, with or without a final -E or -EN: at least four letters, or three where
    nothing else is left, as of OST and OSTEN. In Chinese, whether one contains the other.
    """
    if CHINESE.search(one):
        return one in other or other in one
    stem, other_stem = ENDING.sub("", one), ENDING.sub("", other)
    if stem == other_stem:
        return len(stem) >= SHORTEST_WORD
    return _begins(one, other) or _begins(stem, other_stem)


def _begins(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= SHORTEST_STEM and (one.startswith(other) or other.startswith(one))


def _plain(gloss: str) -> str:
    bare = MARKS.sub("", gloss)
    return bare.rstrip("0123456789") or bare


def _forms(gloss: str) -> list[str]:
    plain = _plain(gloss)
    return [form for form in map(folded, [plain, *plain.split("-")]) if form]


def _collected(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for form, gloss in pairs:
        found[form] = found.get(form, NOTHING) | {gloss}
    return found
