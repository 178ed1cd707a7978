"""Pseudo-glosses (MODEL.md 4): the words kept of each sentence, and the vocabulary that pretraining detects.

``pseudo_glosses.json`` in a corpus' folder contains one `PseudoGlosses`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from sign2gpt.common.config import Config, build
from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.files import LARGEST_LISTS, read_json, write_json
from sign2gpt.common.progress import track
from sign2gpt.data.config import DataConfig
from sign2gpt.data.glosses.taggers import Tagged, Tagger, open_tagger

if TYPE_CHECKING:
    from sign2gpt.data.corpus import Corpus

FILE = "pseudo_glosses.json"
FORMAT = 1
SHOWN = 20

Sentences = Mapping[str, Sequence[tuple[str, str]]]
"""Ids and texts of the clips of each split."""


class PartOfSpeech(Config):
    """The words of one part of speech in the sentences that the vocabulary was built from."""

    kept: bool = Field(description="whether its words are pseudo-glosses")
    words: int = Field(description="number of words")
    distinct: int = Field(description="number of distinct words")
    frequent: list[str] = Field(description="the most frequent words, most frequent first")


class PseudoGlosses(Config):
    """The pseudo-glosses of a corpus. Counts are numbers of sentences in the vocabulary's splits."""

    format: int = Field(default=FORMAT, description="version of the file format")
    tagger: str = Field(description="name of the tagger")
    tagger_version: str = Field(description="version of the tagger")
    splits: list[str] = Field(description="splits that the vocabulary was built from")
    sentences: int = Field(description="number of sentences in these splits")
    max_share: float = Field(description="pseudo-glosses in this share of the sentences or more are no targets")
    vocabulary: list[str] = Field(description="the targets: most frequent first, equally frequent ones by alphabet")
    counts: dict[str, int] = Field(description="number of sentences with each target")
    too_frequent: dict[str, int] = Field(description="pseudo-glosses excluded by max_share, with their counts")
    parts_of_speech: dict[str, PartOfSpeech] = Field(description="parts of speech that were kept and dropped")
    clips: dict[str, list[str]] = Field(description="pseudo-glosses of every clip of all splits, in spoken order")

    @classmethod
    def open(cls, corpus: Path) -> PseudoGlosses:
        """Reads the pseudo-glosses in a corpus' folder.

        Raises:
            UserError: the file does not exist, is damaged, or has a newer format.
        """
        path = corpus / FILE
        again = f"make it with `sign2gpt glosses {corpus}`"
        if not path.exists():
            raise UserError(f"{path}: no such file; {again}")
        values = read_json(path, LARGEST_LISTS)
        written = values.get("format") if isinstance(values, dict) else None
        if not isinstance(written, int):
            raise UserError(f"{path}: not a file of pseudo-glosses; {again}")
        if written > FORMAT:
            newer = f"format {written} is newer than {FORMAT}, the newest this version reads"
            raise UserError(f"{path}: {newer}; update it, or {again}")
        return build(cls, values, where=str(path))

    def save(self, corpus: Path) -> None:
        write_json(corpus / FILE, self.model_dump())

    def targets(self, vocabulary: Sequence[str]) -> dict[str, list[str]]:
        """The pseudo-glosses of every clip that are in ``vocabulary``: in spoken order, each once."""
        known = set(vocabulary)
        return {clip: [word for word in dict.fromkeys(words) if word in known] for clip, words in self.clips.items()}

    def without(self, clips: Collection[str], read: Iterable[str]) -> PseudoGlosses:
        """The pseudo-glosses after clips were removed from the corpus, counted without a tagger.

        Parts of speech are not stored by clip: if a sentence of the vocabulary's splits was removed, they are empty
        until the pseudo-glosses are made again.

        Args:
            clips: ids that were removed.
            read: ids that remain in the splits that the vocabulary is built from.
        """
        kept = {clip: words for clip, words in self.clips.items() if clip not in clips}
        sentences = [set(kept[clip]) for clip in read if clip in kept]
        if len(sentences) == self.sentences:
            return self.model_copy(update={"clips": kept})
        counts = _by_count(Counter(gloss for words in sentences for gloss in words))
        limit = self.max_share * len(sentences)
        changed = {
            "clips": kept,
            "sentences": len(sentences),
            "counts": {gloss: count for gloss, count in counts.items() if count < limit},
            "vocabulary": [gloss for gloss, count in counts.items() if count < limit],
            "too_frequent": {gloss: count for gloss, count in counts.items() if count >= limit},
            "parts_of_speech": {},
        }
        return self.model_copy(update=changed)

    @property
    def without_target(self) -> int:
        """Number of clips, in all splits, without a target."""
        return sum(not words for words in self.targets(self.vocabulary).values())


def make_pseudo_glosses(corpus: Corpus, config: DataConfig, tagger: Tagger | None = None) -> PseudoGlosses:
    """The pseudo-glosses of a corpus, by ``tagger`` [default: that in ``config``, else that of the language]."""
    tagger = tagger or open_tagger(config.tagger, corpus.info.language)
    sentences = {split: [(row.id, row.text) for row in corpus.rows(split)] for split in corpus.splits}
    return from_sentences(sentences, tagger, config)


def from_sentences(sentences: Sentences, tagger: Tagger, config: DataConfig) -> PseudoGlosses:
    """Tags every sentence, and builds the vocabulary from those of ``config.vocabulary_splits`` only.

    Raises:
        UserError: one of these splits does not exist, or the vocabulary is empty.
    """
    for split in config.vocabulary_splits:
        if split not in sentences:
            raise UserError(f"data.vocabulary_splits: the corpus has no split {split}{nearest(split, sentences)}")
    clips = _by_clip(sentences)
    texts = dict.fromkeys(clips.values())
    tagged = dict(zip(texts, track(tagger.tag(texts), f"tagging with {tagger.name}", len(texts)), strict=True))
    read = [tagged[text] for split in config.vocabulary_splits for _, text in sentences[split]]
    counts = _by_count(Counter(gloss for words in read for gloss in {word.gloss for word in words if word.kept}))
    limit = config.max_share * len(read)
    vocabulary = [gloss for gloss, count in counts.items() if count < limit]
    if not vocabulary:
        raise UserError(
            f"no pseudo-glosses in {len(read)} sentences: tagger {tagger.name} found {len(counts)}, but each is in "
            f"{config.max_share:.0%} of the sentences or more; use another tagger or raise data.max_share"
        )
    return PseudoGlosses(
        tagger=tagger.name,
        tagger_version=tagger.version,
        splits=config.vocabulary_splits,
        sentences=len(read),
        max_share=config.max_share,
        vocabulary=vocabulary,
        counts={gloss: counts[gloss] for gloss in vocabulary},
        too_frequent={gloss: count for gloss, count in counts.items() if count >= limit},
        parts_of_speech=_parts_of_speech(read),
        clips={clip: [word.gloss for word in tagged[text] if word.kept] for clip, text in clips.items()},
    )


def _by_clip(sentences: Sentences) -> dict[str, str]:
    """The text of every clip, by its id."""
    clips: dict[str, str] = {}
    for split, rows in sentences.items():
        for clip, text in rows:
            if clip in clips:
                raise UserError(f"{split}/{clip}: another clip has the same name; rename one of them")
            clips[clip] = text
    return clips


def _parts_of_speech(read: Sequence[Sequence[Tagged]]) -> dict[str, PartOfSpeech]:
    counts: dict[tuple[str, bool], Counter[str]] = {}
    for word in (word for words in read for word in words):
        counts.setdefault((word.pos, word.kept), Counter())[word.gloss] += 1
    parts = {}
    for (pos, kept), words in sorted(counts.items(), key=lambda item: (not item[0][1], -item[1].total(), item[0][0])):
        # Symbols tagged as words (a bullet as a noun) are dropped and listed separately.
        name = pos if kept or (pos, True) not in counts else f"{pos} (no letters)"
        parts[name] = PartOfSpeech(
            kept=kept, words=words.total(), distinct=len(words), frequent=list(_by_count(words))[:SHOWN]
        )
    return parts


def _by_count(counts: Counter[str]) -> dict[str, int]:
    """Most frequent first, equally frequent ones by alphabet: the same order in every process."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
