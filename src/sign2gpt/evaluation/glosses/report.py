"""The report of a corpus' pseudo-glosses: one self-contained page, made from its tables only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.pseudo_glosses import PseudoGlosses
from sign2gpt.data.glosses.taggers import Tagger
from sign2gpt.evaluation.glosses.proxy import Missed, Proxy
from sign2gpt.evaluation.glosses.sentences import shown_sentences
from sign2gpt.evaluation.glosses.survey import AGREEMENT, Survey, Vectors, proxy_row, verdict
from sign2gpt.evaluation.report.html import Cell, Section, Table, render
from sign2gpt.evaluation.report.scores import unsupported_words

SHOWN_FREQUENT, SHOWN_UNKNOWN = 100, 200


def write_gloss_report(
    path: Path, corpus: Corpus, made: PseudoGlosses, found: Survey, tagger: Tagger, seed: int
) -> None:
    """Writes the page; ``found`` is the survey of the pseudo-glosses of ``tagger``, ``seed`` samples the sentences."""
    language, lines = corpus.info.language, verdict(found)
    made_by = f"from {made.sentences:,} sentences ({', '.join(made.splits)}), by {made.tagger} {made.tagger_version}"
    sections = [
        _vocabulary(made, found.vectors, language),
        _proxy(found.proxy, language),
        _support(found),
        shown_sentences(corpus, made, tagger, seed),
        Section("verdict", "Can pretraining work?", {"lines": lines}),
    ]
    facts = {
        "title": f"Pseudo-glosses of {corpus.info.name}",
        "about": f"{len(made.vocabulary):,} pseudo-glosses for pretraining, {made_by}.",
        "conclusion": lines[-1],
        "licence": corpus.info.licence,
        "sections": [section for section in sections if section is not None],
    }
    write_text(path, render("glosses.html", **facts))


def _vocabulary(made: PseudoGlosses, vectors: Vectors | None, language: str) -> Section:
    """The vocabulary, what is excluded and why, and what the word vectors lack."""
    rows: list[list[Cell]] = [
        [name, "kept" if part.kept else "dropped", f"{part.words:,}", f"{part.distinct:,}", " ".join(part.frequent[:8])]
        for name, part in made.parts_of_speech.items()
    ]
    facts = {
        "language": language,
        "frequent": _counted({gloss: made.counts[gloss] for gloss in made.vocabulary[:SHOWN_FREQUENT]}),
        "max_share": f"{made.max_share:.0%}",
        "too_frequent": _counted(made.too_frequent),
        "vectors": vectors,
        "unknown": _unknown(vectors) if vectors else {},
        "most_unknown": SHOWN_UNKNOWN,
        "without_target": f"{made.without_target:,} of {len(made.clips):,}",
        "parts_of_speech": Table("Words by part of speech", ["", "", "words", "distinct", "most frequent"], rows),
    }
    return Section("vocabulary", "Vocabulary", facts)


def _unknown(vectors: Vectors) -> dict[str, list[str]]:
    return {
        "Built from parts that the vectors have": vectors.pieced,
        "No part known: random vectors": vectors.random,
    }


def _proxy(found: Proxy | None, language: str) -> Section | None:
    """Precision and recall by part of speech, and what rarely or never has a match."""
    if found is None:
        return None
    facts = {
        "language": language,
        "sentences": f"{found.sentences:,}",
        "agreement": _agreement_table(found),
        "never_named": _missed(found.never_named),
        "unnamed": _missed(found.unnamed),
        "never_signed": _missed(found.never_signed),
        "unsigned": _missed(found.unsigned),
    }
    return Section("proxy", "Agreement with the glosses", facts)


def _agreement_table(found: Proxy) -> Table:
    rows: list[Sequence[Cell]] = [proxy_row("all pseudo-glosses", found.exact.all, found.related.all)]
    parts = found.related.parts_of_speech
    rows += [proxy_row(pos, part, parts[pos]) for pos, part in found.exact.parts_of_speech.items()]
    head = ["", "", "words", *AGREEMENT]
    caption = (
        "Precision: share of the words that match a gloss. Recall: share of the glosses that match a word. First for "
        "equal words and glosses, then also for related ones: they share their first letters, or in Chinese one "
        "contains the other"
    )
    return Table(caption, head, rows, first_strong=True)


def _support(found: Survey) -> Section | None:
    """How many words of the sentences have no supporting gloss."""
    if not found.support:
        return None
    tables = {split: unsupported_words(support) for split, support in found.support.items()}
    return Section("support", "Words without a supporting gloss", {"protocol": found.protocol, "tables": tables})


def _missed(names: Sequence[Missed]) -> list[str]:
    counts = {
        m.name: f"{m.without:,}" if m.without == m.sentences else f"{m.without:,} of {m.sentences:,}" for m in names
    }
    return [f"{name} ({count})" for name, count in counts.items()]


def _counted(counts: Mapping[str, int]) -> list[str]:
    return [f"{gloss} ({count:,})" for gloss, count in counts.items()]
