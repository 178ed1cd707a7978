"""The report's errors: where the system fails, and what the errors correlate with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.analysis import (
    Aligned,
    ErrorGroup,
    aligned,
    by_glosses_missed,
    by_length,
    by_part_of_speech,
    by_signer,
    by_word_kind,
    confusions,
    gloss_scores,
    rate_where_found,
)
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.report.html import Cell, Section, Table
from sign2gpt.evaluation.words.content import tagger_of
from sign2gpt.evaluation.words.facts import is_number

CONFUSIONS = 12
GLOSSES = 12
MARKED = 1.25
Split = Callable[[Sequence[Aligned]], list[ErrorGroup]]


def errors(records: Mapping[str, Record]) -> Section:
    """Tables by length, signer, kind of word and missed glosses, with a summary for the first system."""
    system = next(iter(records.values()))
    items = {name: aligned(record) for name, record in records.items()}
    first = next(iter(items.values()))
    unit = first[0].unit
    splits = {title: {n: split(some) for n, some in items.items()} for title, split in _splits(system, unit[:-1])}
    tables = [_group_table(title, groups, unit) for title, groups in splits.items()]
    missed = by_glosses_missed(first)
    if missed:
        tables.append(
            _group_table("By number of the reference's pseudo-glosses that were not localised", {"": missed}, unit)
        )
    facts = {
        "unit": unit,
        "first": next(iter(records)) if len(records) > 1 else None,
        "reading": reading(system, first),
        "tables": [table for table in (*tables, _confusion_table(first), _gloss_table(system)) if table.rows],
    }
    return Section("errors", "Error analysis", facts)


def _splits(system: Record, unit: str) -> list[tuple[str, Split]]:
    """How sentences and words, or characters, are split, the same for every system."""
    found: list[tuple[str, Split]] = [("By length of the sentence", by_length)]
    if len({sentence.signer for sentence in system.sentences}) > 1:
        found.append(("By signer", by_signer))
    found.append((f"By kind of {unit}", by_word_kind))
    with suppress(UserError):  # without the library of the language's tagger
        found.append(
            (
                f"By part of speech of the reference's {unit}",
                partial(by_part_of_speech, tagger=tagger_of(system.corpus.language)),
            )
        )
    return found


def reading(system: Record, items: Sequence[Aligned]) -> list[str]:
    """The main findings of the tables, in sentences."""
    exact, unit = sum(item.errors == 0 for item in items), items[0].unit
    lines = [f"{exact} of {len(items)} sentences are exactly right ({exact / len(items):.0%})."]
    lengths = by_length(items)
    if len(lengths) > 1:
        short, long = lengths[0], lengths[-1]
        lines.append(
            f"Sentences of {long.name} have {long.rate:.1f} errors per 100 {unit}, "
            f"those of {short.name} have {short.rate:.1f}."
        )
    all_found, some_missed = rate_where_found(items)
    if all_found is not None and some_missed is not None:
        follow = some_missed > MARKED * all_found
        why = (
            "errors rise with the glosses that the head misses"
            if follow
            else "errors hardly depend on what the head misses"
        )
        lines.append(
            f"Clips in which the head localised all pseudo-glosses of the reference have {all_found:.1f} errors per "
            f"100 {unit}, clips with missed ones {some_missed:.1f}: {why}."
        )
    swaps = confusions(items, most=10**6)
    total = sum(count for _, _, count in swaps)
    numbers = sum(count for reference, hypothesis, count in swaps if is_number(reference) and is_number(hypothesis))
    if numbers:
        lines.append(
            f"{numbers} of {total} replaced {unit} ({numbers / total:.0%}) exchange one number for another: "
            "only the video shows which is right, not the rest of the sentence."
        )
    if system.corpus.split.startswith("test") and system.counts["in_train"]:
        lines.append(
            f"{system.counts['in_train']} references are also in training; the table above scores them separately."
        )
    return lines


def _group_table(title: str, groups: Mapping[str, Sequence[ErrorGroup]], unit: str) -> Table:
    """The groups of each system; for a single system also the share of exact sentences."""
    first = next(iter(groups.values()))
    rates = {name: {group.name: group.rate for group in some} for name, some in groups.items()}
    alone, whole = len(groups) == 1, all(group.sentences for group in first)
    head = ["", "sentences" if whole else unit, *(["exact"] if alone and whole else [])]
    head += [f"errors per 100 {unit}"] if alone else groups
    rows: list[list[Cell]] = []
    for group in first:
        row = [group.name, str(group.sentences if whole else group.words)]
        if alone and whole:
            row.append(f"{group.exact / group.sentences:.0%}")
        rows.append([*row, *(f"{of[group.name]:.1f}" if group.name in of else "" for of in rates.values())])
    return Table(title if alone else f"{title}: errors per 100 {unit}", head, rows)


def _confusion_table(items: Sequence[Aligned]) -> Table:
    rows: list[list[Cell]] = [
        [(reference, hypothesis), str(count)] for reference, hypothesis, count in confusions(items, CONFUSIONS)
    ]
    return Table(f"Most confused {items[0].unit}: reference → hypothesis", ["", "times"], rows)


def _gloss_table(system: Record) -> Table:
    worst = [found for found in gloss_scores(system.sentences) if found.f1 < 1][:GLOSSES]
    rows: list[list[Cell]] = [
        [found.gloss, str(found.support), f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.2f}"]
        for found in worst
    ]
    head = ["", "clips", "precision", "recall", "F1"]
    return Table("Pseudo-glosses with the lowest F1 (localised anywhere in the clip)", head, rows)
