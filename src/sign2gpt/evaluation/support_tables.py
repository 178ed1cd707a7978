"""Words that no gloss supports, as a table for a terminal and as rows for a page."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table

from sign2gpt.common.screen import titled
from sign2gpt.evaluation.signs import EXACT, RELATED, Reading
from sign2gpt.evaluation.support import Support

READINGS: dict[Reading, str] = {EXACT: "no gloss equal", RELATED: "nor akin"}


def support_table(found: Support) -> Group:
    """What no gloss of its clip supports, in %, under both readings of support; last the scores without it."""
    title = f"words that no gloss supports, {found.sentences:,} sentences with glosses"
    table = Table(box=None, header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("of", *READINGS.values()):
        table.add_column(name, justify="right")
    for name, (number, *shares) in support_rows(found).items():
        table.add_row(name, number, *shares)
    return titled(title, table)


def support_rows(found: Support) -> dict[str, list[str]]:
    """By name what is counted, and of each reading the share that is unsupported, in %, or a score."""
    sides = (found.exact, found.related)
    counts = {"words of the references": [side.words for side in sides]}
    counts |= {f"  {pos}": [side.parts_of_speech[pos] for side in sides] for pos in found.exact.parts_of_speech}
    if found.exact.matching_words and found.related.matching_words:
        counts["words that hypotheses share"] = [found.exact.matching_words, found.related.matching_words]
    orders = zip(found.exact.matching_ngrams or (), found.related.matching_ngrams or (), strict=True)
    counts |= {f"matching {order}-grams": list(pair) for order, pair in enumerate(orders, start=1)}
    rows = {name: [f"{pair[0].all:,}", *(f"{100 * c.share:.1f}%" for c in pair)] for name, pair in counts.items()}
    ceilings = [f"{side.ceiling['bleu4'].score:.2f}" for side in sides]
    return rows | {"BLEU-4 of references without them": ["", *ceilings]}
