"""The report's numbers: scores with intervals and controls, and recall of words and facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sign2gpt.common.measures import heading
from sign2gpt.evaluation.record import Record, Scores
from sign2gpt.evaluation.report.html import Cell, Section, Table
from sign2gpt.evaluation.tables import in_words, overview_measures, subset_label
from sign2gpt.evaluation.words.support import READINGS, Support, support_rows

CONTROLS = {
    "shuffled_video": "control: shuffled videos",
    "text_only": "control: no video",
    "frequent_sentence": "control: most frequent training sentence",
}
SUBSETS = {
    "reference_in_train": "references that are in training",
    "reference_not_in_train": "references that are not in training",
    "each_reference_once": "each reference once",
    "short_references": "short references",
    "middle_references": "medium references",
    "long_references": "long references",
}


def scores(arms: Sequence[tuple[str, str, Record]], unseen: Mapping[str, Record]) -> Section:
    """Scores of all systems (name, remark, results); controls and other splits of the first."""
    system = arms[0][2]
    without_video = system.controls.get("text_only")
    facts = {
        "scores": _score_table(arms, unseen),
        "protocol_line": system.protocol_line,
        "content": _content_table({name: record for name, _, record in arms}),
        "unsupported": unsupported_words(system.support),
        "language": system.corpus.language,
        "text_only_sentence": without_video.sentence if without_video else None,
        "remarks": {name: remark for name, remark, _ in arms if remark},
    }
    return Section("scores", "Scores", facts)


def _score_table(arms: Sequence[tuple[str, str, Record]], unseen: Mapping[str, Record]) -> Table:
    system = arms[0][2]
    main, *others = _columns(system.scores)
    rows = [_row(name, record.scores, main, others) for name, _, record in arms]
    rows += [_row(_on_other_split(arms[0][0], record), record.scores, main, others) for record in unseen.values()]
    rows += [
        _row(f"protocol variant: {in_words(name)}", found, main, others) for name, found in system.variants.items()
    ]
    rows += [
        _row(CONTROLS.get(name, f"control: {in_words(name)}"), control.scores, main, others)
        for name, control in sorted(system.controls.items())
    ]
    rows += [
        _row(subset_label(SUBSETS.get(name, in_words(name)), subset), subset.scores, main, others)
        for name, subset in system.subsets.items()
    ]
    head = ["", f"{heading(main)} and its {system.confidence:.0%} interval", heading(main), "interval"]
    head += map(heading, others)
    caption = (
        f"{system.corpus.split} split of {system.corpus.name}: {system.counts['sentences']} sentences, "
        f"{system.counts['in_train']} of them verbatim in training. All scores from 0 to 100, higher is better."
        f"{' Rows that name another split score its sentences.' if unseen else ''}"
    )
    return Table(caption, head, rows, first_strong=True)


def _content_table(records: Mapping[str, Record]) -> Table | None:
    """Recall, precision and F1 by kind of word; None where nothing was counted."""
    (_, system), *others = records.items()
    if system.content is None or not system.content.kinds:
        return None
    baselines = {name: record.content.kinds for name, record in others if record.content is not None}
    rows: list[list[Cell]] = [
        [
            name.replace("_", " "),
            str(kind.words),
            *(f"{value:.1f}" for value in (kind.recall, kind.precision, kind.f1.score)),
            *(f"{kinds[name].f1.score:.1f}" if name in kinds else "" for kinds in baselines.values()),
        ]
        for name, kind in system.content.kinds.items()
    ]
    head = ["", "In the references", "Recall, %", "Precision, %", "F1", *(f"F1 of {name}" for name in baselines)]
    caption = (
        "Content words and facts, in any order: their number in the references, the share of these that the "
        "hypotheses contain (recall), the share of those in the hypotheses that the references contain (precision), "
        "and F1"
    )
    return Table(caption, head, rows)


def unsupported_words(found: Support | None) -> Table | None:
    """Words without a supporting gloss; None where the corpus has no glosses."""
    if found is None:
        return None
    caption = (
        f"Words without a supporting gloss in their clip, in {found.sentences:,} sentences with glosses: a system can "
        "only produce them from knowledge of the language, or from signs that were not annotated"
    )
    rows: list[list[Cell]] = [[name, *cells] for name, cells in support_rows(found).items()]
    return Table(caption, ["", "of", *READINGS.values()], rows)


def _on_other_split(system: str, record: Record) -> str:
    return f"{system}, split {record.corpus.split} ({record.counts['sentences']} sentences)"


def _columns(scores: Scores) -> list[str]:
    """The measures of the table, the main one first."""
    main = overview_measures(scores)[0]
    return [main, *(key for key in scores if key != main)]


def _row(name: str, found: Scores, main: str, others: Sequence[str]) -> list[Cell]:
    score = found[main]
    interval = "" if score.low is None or score.high is None else f"{score.low:.1f} to {score.high:.1f}"
    cells = [f"{found[key].score:.1f}" if key in found else "" for key in others]
    return [name, score, f"{score.score:.1f}", interval, *cells]
