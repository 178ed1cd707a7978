"""Errors of a system: by kind of sentence and word, confusions, and pseudo-glosses that were not found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sign2gpt.data.glosses.taggers import Tagged, Tagger
from sign2gpt.data.segment import unspaced
from sign2gpt.evaluation.record import Record, ScoredSentence
from sign2gpt.evaluation.words.alignment import Pair, align
from sign2gpt.evaluation.words.facts import is_number
from sign2gpt.metrics.protocols import protocol

ALL_FOUND = "all found"
UNKNOWN = "X"
NUMBER = "NUMBER"
"""Replaces the part of speech of words for which `is_number` holds."""
PARTS = {
    "NOUN": "nouns",
    "PROPN": "names",
    "NUM": "other numerals",
    "VERB": "verbs",
    "AUX": "auxiliaries",
    "ADJ": "adjectives",
    "ADV": "adverbs",
    "PRON": "pronouns",
    "DET": "determiners",
    "ADP": "adpositions",
    "CCONJ": "conjunctions",
    "SCONJ": "subordinators",
    "PART": "particles",
}
"""Universal parts of speech of words; punctuation and unknown words are left out."""


@dataclass(frozen=True)
class Aligned:
    """A sentence with its reference and hypothesis aligned, by words or characters as its protocol compares them."""

    sentence: ScoredSentence
    pairs: list[Pair]
    characters: bool = False

    @property
    def unit(self) -> str:
        """What is compared, in the plural."""
        return "characters" if self.characters else "words"

    @property
    def words(self) -> int:
        """Words of the reference."""
        return sum(reference is not None for reference, _ in self.pairs)

    @property
    def errors(self) -> int:
        return sum(reference != hypothesis for reference, hypothesis in self.pairs)


@dataclass(frozen=True)
class ErrorGroup:
    """A group of sentences or words: ``errors`` are substituted, omitted or added words."""

    name: str
    sentences: int
    exact: int
    words: int
    errors: int

    @property
    def rate(self) -> float:
        """Errors per 100 words of the references."""
        return 100 * self.errors / max(self.words, 1)


@dataclass(frozen=True)
class GlossScore:
    """How well a pseudo-gloss was found; ``support`` is the number of sentences that have it."""

    gloss: str
    support: int
    precision: float
    recall: float
    f1: float


def aligned(record: Record) -> list[Aligned]:
    """Every sentence of an evaluation, aligned as its protocol splits it."""
    chosen = protocol(record.protocol)

    def split(text: str) -> list[str]:
        return chosen.prepare(text).split()

    return [Aligned(s, align(split(s.reference), split(s.hypothesis)), chosen.characters) for s in record.sentences]


def by_length(items: Sequence[Aligned]) -> list[ErrorGroup]:
    """The shortest, middle and longest third of the references."""
    lengths = sorted(item.words for item in items)
    first, second = (lengths[max(len(lengths) * third // 3 - 1, 0)] for third in (1, 2))

    def named(item: Aligned) -> str:
        if item.words <= first:
            return f"up to {first} {item.unit}"
        return f"{first + 1} to {second} {item.unit}" if item.words <= second else f"over {second} {item.unit}"

    return _grouped(sorted(items, key=lambda item: item.words), named)


def by_signer(items: Sequence[Aligned]) -> list[ErrorGroup]:
    ordered = sorted(items, key=lambda item: item.sentence.signer)
    return _grouped(ordered, lambda item: item.sentence.signer or "unnamed")


def by_glosses_missed(items: Sequence[Aligned]) -> list[ErrorGroup]:
    """By how many of the reference's pseudo-glosses were placed nowhere; empty without pseudo-glosses."""
    known = [(item, _missed(item.sentence)) for item in items]
    judged = sorted(((missed, item) for item, missed in known if missed is not None), key=lambda pair: pair[0])
    names = (ALL_FOUND, "one missed", "two missed")
    labels = {id(item): names[missed] if missed < len(names) else "three or more missed" for missed, item in judged}
    return _grouped([item for _, item in judged], lambda item: labels[id(item)])


def rate_where_found(items: Sequence[Aligned]) -> tuple[float | None, float | None]:
    """Errors per 100 words where all pseudo-glosses were placed, and elsewhere; None without such sentences."""
    groups = by_glosses_missed(items)
    parts = ([g for g in groups if g.name == ALL_FOUND], [g for g in groups if g.name != ALL_FOUND])
    found, missed = (100 * sum(g.errors for g in part) / sum(g.words for g in part) if part else None for part in parts)
    return found, missed


def by_word_kind(items: Sequence[Aligned]) -> list[ErrorGroup]:
    """Numbers against all other words; an added word counts by its own kind."""
    pairs = [pair for item in items for pair in item.pairs]
    found: list[ErrorGroup] = []
    for name, wanted in ((_numbers(items), True), (f"other {items[0].unit}", False)):
        some = [pair for pair in pairs if is_number(pair[0] or pair[1] or "") is wanted]
        words = sum(reference is not None for reference, _ in some)
        errors = sum(reference != hypothesis for reference, hypothesis in some)
        found.append(ErrorGroup(name, 0, 0, words, errors))
    return found


def by_part_of_speech(items: Sequence[Aligned], tagger: Tagger) -> list[ErrorGroup]:
    """Words of the references by universal part of speech, most frequent first; added words are not counted."""
    words: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    pairs = [[pair for pair in item.pairs if pair[0] is not None] for item in items]
    texts = [unspaced(" ".join(reference or "" for reference, _ in some)) for some in pairs]
    for some, tagged in zip(pairs, tagger.tag(texts), strict=True):
        found = _kinds([reference or "" for reference, _ in some], tagged)
        words.update(found)
        errors.update(pos for pos, (reference, hypothesis) in zip(found, some, strict=True) if reference != hypothesis)
    names = PARTS | {NUMBER: _numbers(items)}
    return [ErrorGroup(names[kind], 0, 0, count, errors[kind]) for kind, count in words.most_common() if kind in names]


def confusions(items: Iterable[Aligned], most: int) -> list[tuple[str, str, int]]:
    """The most frequent substitutions: reference, hypothesis, count."""
    counts = Counter((r, h) for item in items for r, h in item.pairs if r is not None and h is not None and r != h)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(reference, hypothesis, count) for (reference, hypothesis), count in ordered[:most]]


def gloss_scores(sentences: Iterable[ScoredSentence]) -> list[GlossScore]:
    """Each pseudo-gloss of the references, worst F1 first; found means placed anywhere in the clip."""
    hits: Counter[str] = Counter()
    found: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for sentence in sentences:
        if sentence.targets is None or sentence.pseudo_glosses is None:
            continue
        targets, placed = set(sentence.targets), {gloss.gloss for gloss in sentence.pseudo_glosses}
        hits.update(targets & placed)
        found.update(placed)
        there.update(targets)
    scores = [_gloss_score(gloss, hits[gloss], found[gloss], support) for gloss, support in there.items()]
    return sorted(scores, key=lambda score: (score.f1, -score.support, score.gloss))


def _numbers(items: Sequence[Aligned]) -> str:
    return "characters of numbers" if items[0].characters else "numbers"


def _kinds(words: Sequence[str], tagged: Sequence[Tagged]) -> list[str]:
    """`NUMBER` or the part of speech of each word."""
    parts = _parts_of_speech(words, tagged)
    return [NUMBER if is_number(word) else part for word, part in zip(words, parts, strict=True)]


def _parts_of_speech(words: Sequence[str], tagged: Sequence[Tagged]) -> list[str]:
    """The part of speech of each word: that of the tagged word with its first letter."""
    dense, place = "".join(words), 0
    found = [UNKNOWN] * len(dense)
    for letters, pos in (("".join(word.word.split()), word.pos) for word in tagged):
        place = dense.index(letters, place)
        found[place : place + len(letters)] = [pos] * len(letters)
        place += len(letters)
    starts = accumulate(map(len, words[:-1]), initial=0)
    return [found[start] for start in starts] if words else []


def _gloss_score(gloss: str, hits: int, found: int, support: int) -> GlossScore:
    return GlossScore(gloss, support, hits / found if found else 0.0, hits / support, 2 * hits / (found + support))


def _missed(sentence: ScoredSentence) -> int | None:
    if sentence.targets is None or sentence.pseudo_glosses is None:
        return None
    return len(set(sentence.targets) - {gloss.gloss for gloss in sentence.pseudo_glosses})


def _grouped(items: Iterable[Aligned], named: Callable[[Aligned], str]) -> list[ErrorGroup]:
    groups: dict[str, list[Aligned]] = defaultdict(list)
    for item in items:
        groups[named(item)].append(item)
    return [
        ErrorGroup(
            name,
            sentences=len(some),
            exact=sum(item.errors == 0 for item in some),
            words=sum(item.words for item in some),
            errors=sum(item.errors for item in some),
        )
        for name, some in groups.items()
    ]
