"""Scores as tables for people, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sign2gpt.evaluation.record import Record
from sign2gpt.metrics.scores import Difference, Score, ScoreCard

LABELS = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF2",
}
SIGNED = ("bleu4", "rouge_l", "chrf")
UNLIKE_BLEU4 = ("bleu1", "rouge_l", "chrf")


def score_table(card: ScoreCard, confidence: float) -> Group:
    """One row a measure: score, interval, the protocol's variants; the signatures below."""
    variants = list(card.beside)
    title = f"{card.sentences} sentences, protocol {card.protocol}"
    table = Table(title=title, box=None, title_justify="left", header_style="bold")
    table.add_column("")
    for name in ("score", f"{confidence:.0%} interval", *map(_words, variants)):
        table.add_column(name, justify="right")
    for name, found in card.scores.items():
        beside = [f"{card.beside[variant][name].score:.2f}" for variant in variants]
        table.add_row(LABELS[name], f"{found.score:.2f}", shown_interval(found), *beside)
    signatures = "\n".join(f"{LABELS[name]:8} {card[name].signature}" for name in SIGNED)
    return Group(table, Text(signatures, style="dim", overflow="fold"))


def record_tables(record: Record) -> Group:
    """A record's scores, then those of its parts and controls."""
    card = ScoreCard(record.protocol, record.counts["sentences"], record.scores, record.beside)
    rows = {f"all {record.counts['sentences']} sentences": record.scores}
    rows |= {f"{_words(name)} ({part.sentences})": part.scores for name, part in record.parts.items()}
    rows |= {f"control: {_words(name)}": scores for name, scores in record.controls.items()}
    title = f"{record.name} on {record.corpus.name}, {record.corpus.split}"
    notes = Text("\n".join(filter(None, [record.corpus.notice, record.notes])), style="dim")
    return Group(score_table(card, record.confidence), "", arms_table(title, rows, record.confidence), notes)


def arms_table(title: str, arms: Mapping[str, Mapping[str, Score]], confidence: float) -> Table:
    """One row a set of sentences or a control: BLEU-4 with its interval, and the measures unlike it."""
    table = Table(title=title, box=None, title_justify="left", header_style="bold")
    table.add_column("", no_wrap=True)
    for label in (LABELS["bleu4"], f"{confidence:.0%} interval", *(LABELS[name] for name in UNLIKE_BLEU4)):
        table.add_column(label, justify="right")
    for arm, scores in arms.items():
        others = (f"{scores[name].score:.2f}" for name in UNLIKE_BLEU4)
        table.add_row(arm, f"{scores['bleu4'].score:.2f}", shown_interval(scores["bleu4"]), *others)
    return table


def difference_table(differences: Mapping[str, Difference], confidence: float) -> Table:
    table = Table(title="difference to the baseline (paired bootstrap)", box=None, title_justify="left")
    table.add_column("")
    for name in ("difference", f"{confidence:.0%} interval", "p"):
        table.add_column(name, justify="right")
    for name, found in differences.items():
        span = f"{found.low:+.2f} .. {found.high:+.2f}"
        table.add_row(LABELS[name], f"{found.difference:+.2f}", span, f"{found.p:.3f}")
    return table


def _words(name: str) -> str:
    return name.replace("_", " ")


def shown_interval(found: Score) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:.2f} .. {found.high:.2f}"
