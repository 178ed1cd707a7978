"""Scores as tables for people, on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sign2gpt.common.screen import titled
from sign2gpt.evaluation.content import Content
from sign2gpt.evaluation.record import Part, Record
from sign2gpt.evaluation.support_tables import support_table
from sign2gpt.metrics.paired import Difference
from sign2gpt.metrics.protocols import Protocol, protocol
from sign2gpt.metrics.scores import Score, ScoreCard, protocol_line

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


def score_table(card: ScoreCard, confidence: float, *lines: str) -> Group:
    """One row a measure: score, interval, the protocol's variants; below ``lines`` and the signatures."""
    variants = list(card.beside)
    title = f"{card.sentences} sentences, protocol {card.protocol}"
    table = Table(box=None, header_style="bold")
    table.add_column("")
    for name in ("score", f"{confidence:.0%} interval", *map(_words, variants)):
        table.add_column(name, justify="right")
    for name, found in card.scores.items():
        beside = [f"{card.beside[variant][name].score:.2f}" for variant in variants]
        table.add_row(LABELS[name], f"{found.score:.2f}", shown_interval(found), *beside)
    signatures = (f"{LABELS[name]:8} {card[name].signature}" for name in SIGNED)
    return Group(titled(title, table), Text("\n".join([*lines, *signatures]), style="dim"))


def protocol_lines(chosen: Protocol, line: str) -> list[str]:
    """The protocol's line, and what its variants do otherwise."""
    return [line, *(f"{_words(variant.name)}: {variant.told}" for variant in chosen.beside)]


def content_table(found: Content, confidence: float) -> Group:
    """One row a kind of word: the share of the references' words that came through, and of those said that belong."""
    title = "what came through, in % of the words of each kind"
    table = Table(box=None, header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("words", "came through", "belongs", "F1", f"{confidence:.0%} interval"):
        table.add_column(name, justify="right")
    for name, kind in found.kinds.items():
        shares = (f"{share:.1f}" for share in (kind.recall, kind.precision, kind.f1.score))
        table.add_row(_words(name), str(kind.words), *shares, shown_interval(kind.f1))
    return titled(title, table)


def record_tables(record: Record) -> Group:
    """A record's scores, then those of its parts and controls, and what came through."""
    card = ScoreCard(record.protocol, record.counts["sentences"], record.scores, record.beside)
    rows = {f"all {record.counts['sentences']} sentences": record.scores}
    rows |= {part_label(_words(name), part): part.scores for name, part in record.parts.items()}
    rows |= {f"control: {_words(name)}": scores for name, scores in record.controls.items()}
    title = f"{record.name} on {record.corpus.name}, {record.corpus.split}"
    notes = Text("\n".join(filter(None, [record.corpus.notice, record.notes])), style="dim")
    chosen = protocol(record.protocol)
    line = record.protocol_line or protocol_line(chosen, card.sentences)
    shown = [score_table(card, record.confidence, *protocol_lines(chosen, line)), ""]
    shown += [arms_table(title, rows, record.confidence), ""]
    if record.content is not None and record.content.kinds:
        shown += [content_table(record.content, record.confidence), ""]
    if record.support is not None:
        shown += [support_table(record.support), ""]
    return Group(*shown, notes)


def part_label(name: str, part: Part) -> str:
    """What a table calls a part: its name, which sentences, how many."""
    return f"{name}{', ' * bool(part.about)}{part.about} ({part.sentences})"


def arms_table(title: str, arms: Mapping[str, Mapping[str, Score]], confidence: float) -> Group:
    """One row a set of sentences or a control: BLEU-4 with its interval, and the measures unlike it."""
    table = Table(box=None, header_style="bold")
    table.add_column("")
    for label in (LABELS["bleu4"], f"{confidence:.0%} interval", *(LABELS[name] for name in UNLIKE_BLEU4)):
        table.add_column(label, justify="right", no_wrap=True)
    for arm, scores in arms.items():
        others = (f"{scores[name].score:.2f}" for name in UNLIKE_BLEU4)
        table.add_row(arm, f"{scores['bleu4'].score:.2f}", shown_interval(scores["bleu4"]), *others)
    return titled(title, table)


def difference_table(differences: Mapping[str, Difference], confidence: float, resamples: int) -> Group:
    table = Table(box=None)
    table.add_column("")
    for name in ("difference", f"{confidence:.0%} interval", "p bootstrap", "p randomised"):
        table.add_column(name, justify="right")
    for name, found in differences.items():
        table.add_row(LABELS[name], *difference_cells(found, resamples))
    return titled("difference to the baseline (paired bootstrap; paired randomisation)", table)


def difference_cells(found: Difference, resamples: int) -> list[str]:
    """Difference, its interval, and both p."""
    span = f"{found.low:+.2f} .. {found.high:+.2f}"
    return [f"{found.difference:+.2f}", span, *(shown_p(p, resamples) for p in (found.p, found.p_randomisation))]


def shown_p(p: float, resamples: int) -> str:
    """A p, or ``<=`` the least that so many resamples can give, rounded up: more of them could have given less."""
    digits = max(3, math.ceil(math.log10(resamples)))
    least = 1 / (resamples + 1)
    if p > least * (1 + 1e-9):
        return f"{p:.{digits}f}"
    return f"<= {math.ceil(least * 10**digits) / 10**digits:.{digits}f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def shown_interval(found: Score) -> str:
    return "" if found.low is None or found.high is None else f"{found.low:.2f} .. {found.high:.2f}"
