"""Scores as tables on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sign2gpt.common.measures import heading
from sign2gpt.common.text import titled
from sign2gpt.evaluation.record import Record, SubsetScores
from sign2gpt.evaluation.words.content import Content
from sign2gpt.evaluation.words.support import support_table
from sign2gpt.metrics.paired import Difference
from sign2gpt.metrics.protocols import Protocol, protocol
from sign2gpt.metrics.scores import Score, ScoreCard, protocol_line

MAIN = "bleu4"
LOWER_ORDERS = ("bleu1", "bleu2", "bleu3")


def score_table(card: ScoreCard, confidence: float, *lines: str) -> Group:
    """One row per measure: score, interval, scores under the protocol's variants; then ``lines`` and signatures."""
    title = f"{card.sentences} sentences, protocol {card.protocol}"
    table = _table("score", f"{confidence:.0%} interval", *map(in_words, card.variants))
    for key, found in card.scores.items():
        others = (f"{scores[key].score:.2f}" if key in scores else "" for scores in card.variants.values())
        table.add_row(heading(key), f"{found.score:.2f}", shown_interval(found), *others)
    return Group(titled(title, table), Text("\n".join([*lines, *signatures(card.scores)]), style="dim"))


def signatures(scores: Mapping[str, Score]) -> list[str]:
    """A line per signature; those of the lower BLEU orders differ in the order alone."""
    return [f"{heading(key):8} {score.signature}" for key, score in scores.items() if key not in LOWER_ORDERS]


def protocol_lines(chosen: Protocol, line: str) -> list[str]:
    """The protocol's line, and the steps of its variants."""
    return [line, *(f"{in_words(variant.name)}: {variant.describe()}" for variant in chosen.variants)]


def content_table(found: Content, confidence: float) -> Group:
    """One row per kind of word: recall and precision in the hypotheses, and their F1."""
    table = _table("words", "recall", "precision", "F1", f"{confidence:.0%} interval")
    for name, kind in found.kinds.items():
        shares = (f"{share:.1f}" for share in (kind.recall, kind.precision, kind.f1.score))
        table.add_row(in_words(name), str(kind.words), *shares, shown_interval(kind.f1))
    return titled("content words of the references in the hypotheses, in %", table)


def record_tables(record: Record) -> Group:
    """The scores, those of subsets and controls, content words, and words without a gloss."""
    card = ScoreCard(record.protocol, record.counts["sentences"], record.scores, record.variants)
    rows = {f"all {record.counts['sentences']} sentences": record.scores}
    rows |= {subset_label(in_words(name), subset): subset.scores for name, subset in record.subsets.items()}
    rows |= {f"control: {in_words(name)}": control.scores for name, control in record.controls.items()}
    title = f"{record.name} on {record.corpus.name}, {record.corpus.split}"
    notes = Text("\n".join(filter(None, [record.corpus.notice, record.notes])), style="dim")
    chosen = protocol(record.protocol)
    line = record.protocol_line or protocol_line(chosen, card.sentences)
    shown = [score_table(card, record.confidence, *protocol_lines(chosen, line)), ""]
    shown += [overview_table(title, rows, record.confidence), ""]
    if record.content is not None and record.content.kinds:
        shown += [content_table(record.content, record.confidence), ""]
    if record.support is not None:
        shown += [support_table(record.support), ""]
    return Group(*shown, notes)


def subset_label(name: str, subset: SubsetScores) -> str:
    """A table's name for a subset: name, which sentences, how many."""
    return f"{name}{', ' * bool(subset.about)}{subset.about} ({subset.sentences})"


def overview_table(title: str, rows: Mapping[str, Mapping[str, Score]], confidence: float) -> Group:
    """One row per system, subset or control: the main measure with its interval, and the other measures."""
    main, *others = overview_measures(next(iter(rows.values())))
    table = _table(heading(main), f"{confidence:.0%} interval", *map(heading, others))
    for name, scores in rows.items():
        cells = (f"{scores[key].score:.2f}" if key in scores else "" for key in others)
        table.add_row(name, f"{scores[main].score:.2f}", shown_interval(scores[main]), *cells)
    return titled(title, table)


def overview_measures(scores: Mapping[str, Score]) -> list[str]:
    """The measures of an overview: the main one first, then the others without BLEU's middle orders."""
    others = [key for key in scores if key not in (MAIN, "bleu2", "bleu3")]
    return [MAIN, *others] if MAIN in scores else others


def difference_table(differences: Mapping[str, Difference], confidence: float, resamples: int) -> Group:
    table = _table("difference", f"{confidence:.0%} interval", "p bootstrap", "p randomised")
    for key, found in differences.items():
        table.add_row(heading(key), *difference_cells(found, resamples))
    return titled("difference to the baseline (paired bootstrap; paired randomisation)", table)


def difference_cells(found: Difference, resamples: int) -> list[str]:
    """Difference, its interval, and both p."""
    span = f"{found.low:+.2f} .. {found.high:+.2f}"
    return [f"{found.difference:+.2f}", span, *(shown_p(p, resamples) for p in (found.p, found.p_randomisation))]


def shown_p(p: float, resamples: int) -> str:
    """A p, or ``<=`` the least that so many resamples can give, rounded up."""
    digits = max(3, math.ceil(math.log10(resamples)))
    least = 1 / (resamples + 1)
    if p > least * (1 + 1e-9):
        return f"{p:.{digits}f}"
    return f"<= {math.ceil(least * 10**digits) / 10**digits:.{digits}f}"


def in_words(key: str) -> str:
    """The key of a variant, subset, control or kind of word as text."""
    return key.replace("_", " ")


def shown_interval(found: Score) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:.2f} .. {found.high:.2f}"


def _table(*columns: str) -> Table:
    """An empty table: the names of the rows, then columns of numbers."""
    table = Table(box=None, header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table
