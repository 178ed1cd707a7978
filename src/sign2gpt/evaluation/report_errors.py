"""The report's errors: where the system fails, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from html import escape

from sign2gpt.common.errors import UserError
from sign2gpt.evaluation.analysis import (
    Aligned,
    Group,
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
from sign2gpt.evaluation.content import tagger_of
from sign2gpt.evaluation.facts import is_number
from sign2gpt.evaluation.html import Cell, Html, table, text
from sign2gpt.evaluation.record import Record

CONFUSIONS = 12
GLOSSES = 12
MARKED = 1.25
Split = Callable[[Sequence[Aligned]], list[Group]]


def errors(records: Mapping[str, Record]) -> str:
    """Tables by length, signer, kind and part of speech of words, and glosses missed; what the first one's say."""
    system = next(iter(records.values()))
    items = {name: aligned(record) for name, record in records.items()}
    first = next(iter(items.values()))
    unit = first[0].unit
    splits = {title: {n: split(some) for n, some in items.items()} for title, split in _splits(system, unit[:-1])}
    tables = [_group_table(title, groups, unit) for title, groups in splits.items()]
    missed = by_glosses_missed(first)
    if missed:
        tables.append(_group_table("By pseudo-glosses of the reference that were placed nowhere", {"": missed}, unit))
    tables += [_confusion_table(first), _gloss_table(system)]
    shown = "".join(f'<div class="scroll">{part}</div>' for part in tables if part)
    told = "".join(f"<li>{escape(line)}</li>" for line in reading(system, first))
    of = f" The list and the last tables are of {escape(next(iter(records)))}." if len(records) > 1 else ""
    return (
        '<section aria-labelledby="errors"><h2 id="errors">Where it fails, and why</h2>'
        f"<p>{unit.capitalize()} of reference and hypothesis are aligned at the least number of edits; an error is a "
        f'{unit[:-1]} replaced, left out or added.{of}</p><ul>{told}</ul><div class="columns">{shown}</div></section>'
    )


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
    """What the tables say, in sentences."""
    exact, unit = sum(item.errors == 0 for item in items), items[0].unit
    lines = [f"{exact} of {len(items)} sentences are exactly right ({exact / len(items):.0%})."]
    lengths = by_length(items)
    if len(lengths) > 1:
        short, long = lengths[0], lengths[-1]
        lines.append(
            f"Sentences of {long.name} have {long.rate:.1f} errors for 100 {unit}, "
            f"those of {short.name} {short.rate:.1f}."
        )
    all_found, some_missed = rate_where_found(items)
    if all_found is not None and some_missed is not None:
        follow = some_missed > MARKED * all_found
        why = "what is not seen cannot be said" if follow else "errors hardly follow what the pretraining's head misses"
        lines.append(
            f"Where all pseudo-glosses of the reference were placed in the clip, there are {all_found:.1f} errors for "
            f"100 {unit}, where some were missed {some_missed:.1f}: {why}."
        )
    swaps = confusions(items, most=10**6)
    total = sum(count for _, _, count in swaps)
    numbers = sum(count for reference, hypothesis, count in swaps if is_number(reference) and is_number(hypothesis))
    if numbers:
        lines.append(
            f"{numbers} of {total} replaced {unit} ({numbers / total:.0%}) are one number for another: the rest of the "
            "sentence does not tell which is right, only the video can."
        )
    if system.corpus.split.startswith("test") and system.counts["in_train"]:
        lines.append(f"{system.counts['in_train']} references stand in training too; they are scored apart above.")
    return lines


def _group_table(title: str, groups: Mapping[str, Sequence[Group]], unit: str) -> str:
    """The groups of each system; of one system alone also how many sentences are exactly right."""
    first = next(iter(groups.values()))
    rates = {name: {group.name: group.rate for group in some} for name, some in groups.items()}
    alone, whole = len(groups) == 1, all(group.sentences for group in first)
    head = ["", "sentences" if whole else unit, *(["exact"] if alone and whole else [])]
    head += [f"errors for 100 {unit}"] if alone else groups
    rows: list[list[Cell]] = []
    for group in first:
        row = [group.name, str(group.sentences if whole else group.words)]
        if alone and whole:
            row.append(f"{group.exact / group.sentences:.0%}")
        rows.append([*row, *(f"{of[group.name]:.1f}" if group.name in of else "" for of in rates.values())])
    return table(title if alone else f"{title}: errors for 100 {unit}", head, rows)


def _confusion_table(items: Sequence[Aligned]) -> str:
    found = confusions(items, CONFUSIONS)
    rows: list[list[Cell]] = [
        [Html(f"<del>{text(reference)}</del> → <ins>{text(hypothesis)}</ins>"), str(count)]
        for reference, hypothesis, count in found
    ]
    return table(f"Most confused {items[0].unit}: reference → system", ["", "times"], rows) if rows else ""


def _gloss_table(system: Record) -> str:
    worst = [found for found in gloss_scores(system.sentences) if found.f1 < 1][:GLOSSES]
    rows: list[list[Cell]] = [
        [found.gloss, str(found.support), f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.2f}"]
        for found in worst
    ]
    head = ["", "clips", "precision", "recall", "F1"]
    return table("Pseudo-glosses found worst (placed anywhere in the clip)", head, rows) if rows else ""
