"""The report's numbers: scores with intervals and controls, and what came through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from sign2gpt.evaluation.html import Cell, score_bar, table
from sign2gpt.evaluation.record import Record, Scores
from sign2gpt.evaluation.support import Support
from sign2gpt.evaluation.support_tables import READINGS, support_rows
from sign2gpt.evaluation.tables import LABELS, part_label

CONTROLS = {
    "shuffled_video": "control: shuffled videos",
    "text_only": "control: no video",
    "frequent_sentence": "control: training's most frequent sentence",
}
PARTS = {
    "reference_in_train": "sentences that training has too",
    "reference_not_in_train": "sentences new to the system",
    "each_reference_once": "each reference once",
    "short_references": "short references",
    "middle_references": "references of middle length",
    "long_references": "long references",
}
MEASURES = (
    "BLEU-4 counts runs of up to four words (of Chinese, characters) that a sentence shares with its reference, BLEU-1 "
    "single words, ROUGE-L words in their order, chrF2 runs of letters. The line to cite with the numbers:"
)


def scores(arms: Sequence[tuple[str, str, Record]], unseen: Mapping[str, Record]) -> str:
    """The table of all arms (name, remark, record), the first arm's controls, and other splits."""
    system = arms[0][2]
    rows = [_row(name, record.scores) for name, _, record in arms]
    rows += [_row(_on_other_split(arms[0][0], record), record.scores) for record in unseen.values()]
    rows += [_row(f"scored {name.replace('_', ' ')}", found) for name, found in system.beside.items()]
    rows += [_row(CONTROLS[name], found) for name, found in sorted(system.controls.items())]
    rows += [_row(part_label(PARTS[name], part), part.scores) for name, part in system.parts.items()]
    head = ["", f"BLEU-4 and its {system.confidence:.0%} interval", "BLEU-4", "interval"]
    head += [LABELS[name] for name in ("bleu1", "bleu2", "bleu3", "rouge_l", "chrf")]
    caption = (
        f"{system.corpus.split} split of {system.corpus.name}: {system.counts['sentences']} sentences, "
        f"{system.counts['in_train']} of them verbatim in training. All scores 0 to 100, more is better."
        f"{' Rows that name another split are of its sentences.' if unseen else ''}"
    )
    shown = table(caption, head, rows, first_strong=True)
    about = "".join(f"<li><strong>{escape(name)}</strong>: {escape(remark)}</li>" for name, remark, _ in arms if remark)
    blind = f'<q lang="{escape(system.corpus.language)}">{escape(system.text_only_sentence)}</q>'
    remarks = f"<ul>{about}</ul>" if about else ""
    return (
        '<section aria-labelledby="scores"><h2 id="scores">Scores</h2>'
        "<p>A score means little alone. The controls tell what knowing the language, but not the video, is worth here: "
        "each sentence is given another sentence's video, or the decoder none at all. A system must be far above both."
        "</p>"
        f'<div class="scroll">{shown}</div><p class="soft">{MEASURES} {escape(system.protocol_line)}.</p>'
        f"{_came_through({name: record for name, _, record in arms})}"
        f"{_folded('Words that no gloss supports', support_html(system.support))}"
        f'<p class="soft">Without video the decoder always says {blind}.</p>{remarks}</section>'
    )


def _came_through(records: Mapping[str, Record]) -> str:
    """Which kinds of words and facts of the references the hypotheses have; nothing where none was counted."""
    (_, system), *others = records.items()
    if system.content is None or not system.content.kinds:
        return ""
    beside = {name: record.content.kinds for name, record in others if record.content is not None}
    rows: list[list[Cell]] = [
        [
            name.replace("_", " "),
            str(kind.words),
            *(f"{value:.1f}" for value in (kind.recall, kind.precision, kind.f1.score)),
            *(f"{kinds[name].f1.score:.1f}" if name in kinds else "" for kinds in beside.values()),
        ]
        for name, kind in system.content.kinds.items()
    ]
    head = ["", "in the references", "came through, %", "belongs there, %", "F1", *(f"F1 of {name}" for name in beside)]
    caption = (
        "Content words and facts: how many the references have, how many % of them came through, how many % of those "
        "that the system says belong there, and F1 of both; in any order"
    )
    shown = table(caption, head, rows)
    return f'<div class="scroll">{shown}</div>'


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>{content}</details>" if content else ""


def support_html(found: Support | None) -> str:
    """What no gloss supports; nothing where the corpus has no glosses."""
    if found is None:
        return ""
    caption = (
        f"Words that no gloss of their clip supports, in {found.sentences:,} sentences with glosses: a system has them "
        "from the language or from what was not annotated"
    )
    rows: list[list[Cell]] = [[name, *cells] for name, cells in support_rows(found).items()]
    return f'<div class="scroll">{table(caption, ["", "of", *READINGS.values()], rows)}</div>'


def _on_other_split(system: str, record: Record) -> str:
    return f"{system}, split {record.corpus.split} ({record.counts['sentences']} sentences)"


def _row(name: str, found: Scores) -> list[Cell]:
    bleu4 = found["bleu4"]
    interval = "" if bleu4.low is None or bleu4.high is None else f"{bleu4.low:.1f} to {bleu4.high:.1f}"
    others = [f"{found[measure].score:.1f}" for measure in ("bleu1", "bleu2", "bleu3", "rouge_l", "chrf")]
    return [name, score_bar(bleu4), f"{bleu4.score:.1f}", interval, *others]
