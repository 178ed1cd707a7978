"""The report of a corpus' pseudo-glosses: one self-contained page, from its tables alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.pseudo_glosses import PseudoGlosses
from sign2gpt.data.taggers import Tagger
from sign2gpt.evaluation.gloss_sentences import shown_sentences
from sign2gpt.evaluation.html import Cell, page, table
from sign2gpt.evaluation.proxy import Missed, Proxy
from sign2gpt.evaluation.report_scores import support_html
from sign2gpt.evaluation.survey import Survey, Vectors
from sign2gpt.evaluation.survey_tables import proxy_row
from sign2gpt.evaluation.verdict import verdict

SHOWN_FREQUENT, SHOWN_UNKNOWN = 100, 200


def write_gloss_report(
    path: Path, corpus: Corpus, made: PseudoGlosses, found: Survey, tagger: Tagger, seed: int
) -> None:
    """Writes the page; ``tagger`` made the pseudo-glosses, ``found`` is their survey, ``seed`` draws the sentences."""
    title = f"Pseudo-glosses of {corpus.info.name}"
    told = verdict(found)
    made_by = f"from {made.sentences:,} sentences ({', '.join(made.splits)}), by {made.tagger} {made.tagger_version}"
    header = (
        f'<p class="eyebrow">sign2gpt · pseudo-glosses</p><h1>{escape(title)}</h1>'
        f'<p class="lead">{len(made.vocabulary):,} words that pretraining looks for, {escape(made_by)}.</p>'
        f"<p>{escape(told[-1])}</p>"
    )
    sections = [
        _vocabulary(made, found.vectors, corpus.info.language),
        _proxy(found.proxy, corpus.info.language) if found.proxy else "",
        _support(found),
        shown_sentences(corpus, made, tagger, seed),
        _section("verdict", "Can pretraining work?", _list(told)),
    ]
    footer = f'<p class="soft">Made by sign2gpt. {escape(corpus.info.licence)}</p>'
    write_text(path, page(title, header, "\n".join(sections), footer, styles=("report.css", "glosses.css")))


def _vocabulary(made: PseudoGlosses, vectors: Vectors | None, language: str) -> str:
    """The targets, what is none and why, and what the word vectors do not know."""
    frequent = {gloss: made.counts[gloss] for gloss in made.vocabulary[:SHOWN_FREQUENT]}
    rows: list[list[Cell]] = [
        [name, "kept" if part.kept else "dropped", f"{part.words:,}", f"{part.distinct:,}", " ".join(part.frequent[:8])]
        for name, part in made.parts_of_speech.items()
    ]
    parts = table("Words by part of speech", ["", "", "words", "distinct", "most frequent"], rows)
    return _section(
        "vocabulary",
        "What pretraining looks for",
        f"<h3>The {len(frequent)} most frequent (sentences that have them)</h3>{_counted(frequent, language)}"
        f"<h3>In {made.max_share:.0%} of the sentences or more, so no target</h3>"
        f"{_counted(made.too_frequent, language) or '<p>None.</p>'}"
        f"{_unknown(vectors, language) if vectors else ''}"
        f"<p>{made.without_target:,} of {len(made.clips):,} clips (all splits) have no target.</p>"
        f'<div class="scroll">{parts}</div>',
    )


def _unknown(vectors: Vectors, language: str) -> str:
    lists = {
        "Made of pieces that the vectors have": vectors.pieced,
        "Of these they have nothing: random vectors": vectors.random,
    }
    listed = "".join(
        f"<h4>{name} ({len(words):,})</h4>{_words(words[:SHOWN_UNKNOWN], language)}"
        for name, words in lists.items()
        if words
    )
    return f"<h3>Unknown to the word vectors</h3><p>{escape(vectors.remark)}</p>{listed}"


def _proxy(found: Proxy, language: str) -> str:
    """Precision and recall by part of speech, and what rarely or never meets its counterpart."""
    rows: list[Sequence[Cell]] = [proxy_row("all pseudo-glosses", found.exact.all, found.related.all)]
    parts = found.related.parts_of_speech
    rows += [proxy_row(pos, part, parts[pos]) for pos, part in found.exact.parts_of_speech.items()]
    head = ["", "", "words", "signed", "or akin", "of signs named", "or akin"]
    caption = (
        "In %: how many of the words are signed (precision), and how much of what is signed they name (recall); first "
        "where word and gloss are equal, then also where they are akin: they begin alike, or in Chinese one holds the "
        "other"
    )
    return _section(
        "proxy",
        "Beside what is signed",
        f"<p>Words and glosses count once in each of the {found.sentences:,} sentences that have glosses. Words of a "
        "dropped part of speech are counted too: they show what keeping it would add.</p>"
        f'<div class="scroll">{table(caption, head, rows, first_strong=True)}</div>'
        f"<h3>Glosses that no pseudo-gloss ever stands for (sentences)</h3>{_missed(found.never_named, language)}"
        f"<h3>Glosses without a pseudo-gloss most often</h3>{_missed(found.unnamed, language)}"
        f"<h3>Pseudo-glosses that are never signed (sentences)</h3>{_missed(found.never_signed, language)}"
        f"<h3>Pseudo-glosses without a gloss most often</h3>{_missed(found.unsigned, language)}",
    )


def _support(found: Survey) -> str:
    """How much of the sentences nothing signed stands for, which a system must say all the same."""
    if not found.support:
        return ""
    tables = "".join(
        f"<div><h3>{escape(split)}</h3>{support_html(support)}</div>" for split, support in found.support.items()
    )
    return _section(
        "support",
        "Words that are not signed",
        "<p>A system that says what is signed, all of it and nothing else, has the BLEU of the last row, under "
        f"protocol {escape(found.protocol)}. What is over that, it has from the language.</p>"
        f'<div class="columns">{tables}</div>',
    )


def _section(name: str, title: str, content: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{content}</section>'


def _missed(names: Sequence[Missed], language: str) -> str:
    counts = {
        m.name: f"{m.without:,}" if m.without == m.sentences else f"{m.without:,} of {m.sentences:,}" for m in names
    }
    return _words([f"{name} ({count})" for name, count in counts.items()], language) or "<p>None.</p>"


def _counted(counts: Mapping[str, int], language: str) -> str:
    return _words([f"{gloss} ({count:,})" for gloss, count in counts.items()], language)


def _words(words: Sequence[str], language: str) -> str:
    listed = "".join(f"<li>{escape(word)}</li>" for word in words)
    return f'<ul class="words" lang="{escape(language)}">{listed}</ul>' if words else ""


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
