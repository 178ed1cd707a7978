"""The report: one self-contained page on one run or several, from their records, their logs and the runs themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.evaluation import (
    report_clips,
    report_errors,
    report_inside,
    report_learning,
    report_method,
    report_scores,
)
from sign2gpt.evaluation.arms import Arm
from sign2gpt.evaluation.compare import System, mismatches
from sign2gpt.evaluation.curves import Log
from sign2gpt.evaluation.figures import Figures
from sign2gpt.evaluation.fonts import check_letters
from sign2gpt.evaluation.html import navigation, page
from sign2gpt.evaluation.inside import Inside, look_inside, placing, read_log
from sign2gpt.evaluation.record import Record

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

CLIPS = 10


@dataclass(frozen=True)
class Report:
    """What a page is made from; the first arm is the system itself, the others are what it is compared with.

    Args:
        command: makes the page again.
        unseen: the system's records on other splits, by what the table calls them.
        timings: seconds of each stage, by name, in order.
    """

    title: str
    about: str
    arms: Sequence[Arm]
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
        UserError: the records are of other sentences than each other or the corpus, a run cannot be read, or no font
            here has the letters of the pictures that ``figures`` wants.
    """
    if figures is not None:
        check_letters("".join(one.reference + one.hypothesis for arm in report.arms for one in arm.record.sentences))
    records = {arm.name: arm.record for arm in report.arms}
    rows = _rows(report.arms, corpus)
    system, drawn = report.arms[0].record, Figures(figures)
    places = placing(list(records.values()))
    shown, insides = "", dict[str, Inside]()
    for place, arm in enumerate(report.arms):
        looker = _translator(arm, device)
        if looker is not None:
            insides[arm.name] = look_inside(looker, rows, places, system.seed)
        if place == 0:
            shown = report_clips.shown_clips(records, rows, looker, clips, drawn)
    sections = [
        report_scores.scores([(arm.name, arm.about, arm.record) for arm in report.arms], report.unseen),
        shown,
        report_learning.learning(_pretraining_log(system), insides, drawn),
        report_inside.inside_runs(insides, system.seed, drawn),
        report_errors.errors(records),
        report_method.method(system, report.command, report.timings),
    ]
    footer = f'<p class="soft">Made by sign2gpt. {escape(system.corpus.licence)}</p>'
    body = "\n".join(section for section in sections if section)
    write_text(path, page(report.title, _header(report, system) + navigation(body), body, footer))


def _rows(arms: Sequence[Arm], corpus: Corpus) -> dict[str, ClipRow]:
    """The clips of the split by id; all records must be of them."""
    unlike = mismatches([System(arm.name, [arm.record]) for arm in arms])
    if unlike:
        raise UserError(f"{'; '.join(unlike)}: they do not belong on one page")
    split = arms[0].record.corpus.split
    rows = {row.id: row for row in corpus.rows(split)}
    for sentence in arms[0].record.sentences:
        if sentence.id not in rows or rows[sentence.id].text != sentence.reference:
            raise UserError(
                f"{corpus.folder}: clip {sentence.id} of split {split} is not there, or says something else than in "
                "the record; name the corpus that was evaluated: --corpus"
            )
    return rows


def _translator(arm: Arm, device: str) -> Translator | None:
    from sign2gpt.inference.translator import Translator

    return None if arm.run is None else Translator.from_pretrained(arm.run, device)


def _pretraining_log(system: Record) -> Log | None:
    """The log of the training that the system's started from, where it is at hand."""
    start = system.recipe.get("train", {}).get("init")
    return read_log(Path(start)) if start else None


def _header(report: Report, system: Record) -> str:
    notice = system.corpus.notice
    banner = f'<div class="notice" role="note"><p><strong>{escape(notice)}</strong></p></div>' if notice else ""
    return (
        f'<p class="eyebrow">sign2gpt · evaluation report</p><h1>{escape(report.title)}</h1>'
        f'<p class="lead">{escape(report.about)}</p>{banner}'
    )
