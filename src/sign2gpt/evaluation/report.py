"""The report of a demo: one self-contained page with scores, curves, clips, and where it fails and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation import report_clips, report_errors, report_method, report_scores
from sign2gpt.evaluation.curves import Log
from sign2gpt.evaluation.html import page
from sign2gpt.evaluation.record import Record

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator

CLIPS = 10


@dataclass(frozen=True)
class Arm:
    """One system of the comparison: its record, and its training's log where curves are wanted."""

    name: str
    record: Record
    log: Path | None = None
    about: str = ""


@dataclass(frozen=True)
class Report:
    """What a report is made from; the first arm is the system itself, the others are what it is compared with.

    Args:
        unseen: records on other splits, by what the table calls them, such as sentences by an unseen signer.
        pretraining: figures of pseudo-glosses (precision, recall, f1, 0..1) by what the table calls them.
        timings: seconds of each stage, by name, in order.
        remarks: sentences that belong under the pretraining table, such as what became of its F1.
    """

    title: str
    about: str
    arms: Sequence[Arm]
    command: str
    unseen: Mapping[str, Record] = field(default_factory=dict)
    pretraining: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    pretraining_log: Path | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    remarks: Sequence[str] = ()


def write_report(path: Path, report: Report, corpus: Corpus, translator: Translator, clips: int = CLIPS) -> None:
    """Writes the page; ``translator`` is the first arm's, and places pseudo-glosses in the clips that are shown."""
    system = report.arms[0].record
    pretraining = Log.read(report.pretraining_log) if report.pretraining_log else None
    logs = {arm.name: Log.read(arm.log) for arm in report.arms if arm.log}
    sections = [
        report_scores.scores([(arm.name, arm.about, arm.record) for arm in report.arms], report.unseen),
        report_clips.shown_clips(system, corpus, translator, clips),
        report_scores.learning(pretraining, logs, report.pretraining, report.remarks),
        report_errors.errors(system),
        report_method.method(system, report.command, report.timings),
    ]
    footer = f'<p class="soft">Made by sign2gpt. {escape(system.corpus.licence)}</p>'
    write_text(path, page(report.title, _header(report, system), "\n".join(sections), footer))


def _header(report: Report, system: Record) -> str:
    notice = system.corpus.notice
    banner = f'<div class="notice" role="note"><p><strong>{escape(notice)}</strong></p></div>' if notice else ""
    return (
        f'<p class="eyebrow">sign2gpt · evaluation report</p><h1>{escape(report.title)}</h1>'
        f'<p class="lead">{escape(report.about)}</p>{banner}'
    )
