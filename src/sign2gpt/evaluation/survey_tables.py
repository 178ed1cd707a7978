"""A survey of pseudo-glosses for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sign2gpt.common.screen import titled
from sign2gpt.evaluation.proxy import Part, Proxy
from sign2gpt.evaluation.support_tables import READINGS
from sign2gpt.evaluation.survey import Survey
from sign2gpt.evaluation.verdict import verdict


def survey_tables(found: Survey) -> list[RenderableType]:
    """Pseudo-glosses beside the signs, words that are not signed, and what both mean."""
    shown: list[RenderableType] = []
    if found.proxy is not None:
        shown += [_proxy_table(found.proxy), ""]
    if found.support:
        shown += [_support_table(found), ""]
    return [*shown, Text("\n".join(verdict(found)))]


def proxy_row(name: str, exact: Part, related: Part) -> list[str]:
    """A part of speech, whether it is kept, its words; precision and recall in %, each under both readings."""
    shares = (exact.precision, related.precision, exact.recall, related.recall)
    return [name, "kept" if exact.kept else "dropped", f"{exact.words:,}", *(f"{100 * share:.1f}" for share in shares)]


def _proxy_table(found: Proxy) -> Group:
    title = f"pseudo-glosses beside the glosses of {found.sentences:,} sentences, in %"
    table = Table(box=None)
    table.add_column("", no_wrap=True)
    for name in ("", "words", "signed", "or akin", "of signs named", "or akin"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*proxy_row("all pseudo-glosses", found.exact.all, found.related.all))
    for pos, part in found.exact.parts_of_speech.items():
        table.add_row(*proxy_row(pos, part, found.related.parts_of_speech[pos]))
    return titled(title, table)


def _support_table(found: Survey) -> Group:
    table = Table(box=None)
    table.add_column("", no_wrap=True)
    for name in ("words", *READINGS.values(), f"BLEU-4 ({found.protocol}) without them"):
        table.add_column(name, justify="right")
    for split, support in found.support.items():
        sides = (support.exact, support.related)
        shares = (f"{100 * side.words.share:.1f}%" for side in sides)
        scores = " and ".join(f"{side.ceiling['bleu4'].score:.2f}" for side in sides)
        table.add_row(split, f"{support.exact.words.all:,}", *shares, scores)
    return titled("words that no gloss supports", table)
