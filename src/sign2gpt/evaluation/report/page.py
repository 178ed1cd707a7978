"""The report: one self-contained page on one or more runs, from their results files, logs and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.evaluation.inside import Inside, look_inside, placed_sentences, read_log
from sign2gpt.evaluation.plots.curves import TrainingLog
from sign2gpt.evaluation.plots.style import check_letters
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.report import clips as report_clips
from sign2gpt.evaluation.report import errors, inside, learning, method, scores
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.evaluation.report.html import Section, render
from sign2gpt.evaluation.results import ReportedRun, SystemRecords, mismatches

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

CLIPS = 10


@dataclass(frozen=True)
class Report:
    """The contents of a page; the first arm is the system itself, the others are baselines and variants.

    Args:
        command: reproduces the page.
        unseen: the system's results on other splits, by their name in the table.
        timings: seconds of each stage, by name, in order.
    """

    title: str
    about: str
    arms: Sequence[ReportedRun]
    command: str
    unseen: Mapping[str, Record] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)


def write_report(
    path: Path,
    report: Report,
    corpus: Corpus,
    *,
    figures: Path | None = None,
    device: str = "auto",
    clips: int = CLIPS,
) -> None:
    """Writes the page, and its pictures into the folder ``figures``.

    Raises:
        UserError: the results are of other sentences than each other or the corpus, a run cannot be read, or no
            installed font has the letters that the pictures need.
    """
    if figures is not None:
        check_letters("".join(one.reference + one.hypothesis for arm in report.arms for one in arm.record.sentences))
    records = {arm.name: arm.record for arm in report.arms}
    rows = _rows(report.arms, corpus)
    system, pictures = report.arms[0].record, Figures(figures)
    localised = placed_sentences(list(records.values()))
    shown, insides = list[Section](), dict[str, Inside]()
    for index, arm in enumerate(report.arms):
        translator = _translator(arm, device)
        if translator is not None:
            insides[arm.name] = look_inside(translator, rows, localised, system.seed)
        if index == 0:
            shown.append(report_clips.shown_clips(records, rows, translator, clips, pictures))
    sections = [
        scores.scores([(arm.name, arm.about, arm.record) for arm in report.arms], report.unseen),
        *shown,
        learning.learning(_pretraining_log(system), insides, pictures),
        inside.inside_runs(insides, system.seed, pictures),
        errors.errors(records),
        method.method(system, report.command, report.timings),
    ]
    facts = {
        "title": report.title,
        "about": report.about,
        "notice": system.corpus.notice,
        "licence": system.corpus.licence,
        "sections": [section for section in sections if section is not None],
    }
    write_text(path, render("report.html", **facts))


def _rows(arms: Sequence[ReportedRun], corpus: Corpus) -> dict[str, ClipRow]:
    """The clips of the split by id; all results must be of these clips."""
    unlike = mismatches([SystemRecords(arm.name, [arm.record]) for arm in arms])
    if unlike:
        raise UserError(f"{'; '.join(unlike)}: cannot share a page")
    split = arms[0].record.corpus.split
    rows = {row.id: row for row in corpus.rows(split)}
    for sentence in arms[0].record.sentences:
        if sentence.id not in rows or rows[sentence.id].text != sentence.reference:
            raise UserError(
                f"{corpus.folder}: clip {sentence.id} of split {split} is missing or has another text than the "
                "results file; pass the corpus that was evaluated: --corpus"
            )
    return rows


def _translator(arm: ReportedRun, device: str) -> Translator | None:
    from sign2gpt.inference.translator import Translator

    return None if arm.run is None else Translator.from_pretrained(arm.run, device)


def _pretraining_log(system: Record) -> TrainingLog | None:
    """The log of the training that the system started from, where it is available."""
    start = system.recipe.get("train", {}).get("init")
    return read_log(Path(start)) if start else None
