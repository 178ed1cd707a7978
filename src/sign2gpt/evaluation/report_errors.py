"""The report's errors: where the system fails, and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sign2gpt.evaluation.analysis import (
    Aligned,
    Group,
    aligned,
    by_glosses_missed,
    by_length,
    by_signer,
    by_word_kind,
    confusions,
    gloss_scores,
    rate_where_found,
)
from sign2gpt.evaluation.facts import is_number
from sign2gpt.evaluation.html import Cell, Html, table, text
from sign2gpt.evaluation.record import Record

CONFUSIONS = 12
GLOSSES = 12
MARKED = 1.25


def errors(system: Record) -> str:
    """Tables by length, signer, kind of word and pseudo-glosses missed, with a reading of them in words."""
    items = aligned(system)
    groups = {
        "By length of the sentence": by_length(items),
        "By signer": by_signer(items),
        "By pseudo-glosses of the reference that were placed nowhere": by_glosses_missed(items),
        "By kind of word": by_word_kind(items),
    }
    tables = [_group_table(name, found) for name, found in groups.items() if found]
    tables += [_confusion_table(items), _gloss_table(system)]
    shown = "".join(f'<div class="scroll">{part}</div>' for part in tables if part)
    told = "".join(f"<li>{escape(line)}</li>" for line in reading(system, items))
    return (
        '<section aria-labelledby="errors"><h2 id="errors">Where it fails, and why</h2>'
        "<p>Words of reference and hypothesis are aligned at the least number of edits; an error is a word replaced, "
        f'left out or added.</p><ul>{told}</ul><div class="columns">{shown}</div></section>'
    )


def reading(system: Record, items: Sequence[Aligned]) -> list[str]:
    """What the tables say, in sentences."""
    exact = sum(item.errors == 0 for item in items)
    lines = [f"{exact} of {len(items)} sentences are exactly right ({exact / len(items):.0%})."]
    lengths = by_length(items)
    if len(lengths) > 1:
        short, long = lengths[0], lengths[-1]
        lines.append(
            f"Sentences of {long.name} have {long.rate:.1f} errors for 100 words, "
            f"those of {short.name} {short.rate:.1f}."
        )
    all_found, some_missed = rate_where_found(items)
    if all_found is not None and some_missed is not None:
        follow = some_missed > MARKED * all_found
        why = "what is not seen cannot be said" if follow else "errors hardly follow what the pretraining's head misses"
        lines.append(
            f"Where all pseudo-glosses of the reference were placed in the clip, there are {all_found:.1f} errors for "
            f"100 words, where some were missed {some_missed:.1f}: {why}."
        )
    swaps = confusions(items, most=10**6)
    total = sum(count for _, _, count in swaps)
    numbers = sum(count for reference, hypothesis, count in swaps if is_number(reference) and is_number(hypothesis))
    if numbers:
        lines.append(
            f"{numbers} of {total} replaced words ({numbers / total:.0%}) are one number for another: the rest of the "
            "sentence does not tell which is right, only the video can."
        )
    if system.corpus.split.startswith("test") and system.counts["in_train"]:
        lines.append(f"{system.counts['in_train']} references stand in training too; they are scored apart above.")
    return lines


def _group_table(name: str, groups: Sequence[Group]) -> str:
    if all(group.sentences for group in groups):
        head = ["", "sentences", "exact", "errors for 100 words"]
        rows: list[list[Cell]] = [
            [group.name, str(group.sentences), f"{group.exact / group.sentences:.0%}", f"{group.rate:.1f}"]
            for group in groups
        ]
    else:
        head = ["", "words", "errors for 100 words"]
        rows = [[group.name, str(group.words), f"{group.rate:.1f}"] for group in groups]
    return table(name, head, rows)


def _confusion_table(items: Sequence[Aligned]) -> str:
    found = confusions(items, CONFUSIONS)
    rows: list[list[Cell]] = [
        [Html(f"<del>{text(reference)}</del> → <ins>{text(hypothesis)}</ins>"), str(count)]
        for reference, hypothesis, count in found
    ]
    return table("Most confused words: reference → system", ["", "times"], rows) if rows else ""


def _gloss_table(system: Record) -> str:
    worst = [found for found in gloss_scores(system.sentences) if found.f1 < 1][:GLOSSES]
    rows: list[list[Cell]] = [
        [found.gloss, str(found.support), f"{found.precision:.2f}", f"{found.recall:.2f}", f"{found.f1:.2f}"]
        for found in worst
    ]
    head = ["", "clips", "precision", "recall", "F1"]
    return table("Pseudo-glosses found worst (placed anywhere in the clip)", head, rows) if rows else ""
