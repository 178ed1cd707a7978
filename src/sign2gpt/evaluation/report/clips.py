"""The report's clips: video, reference, hypotheses, localised pseudo-glosses and attention of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from sign2gpt.common.progress import track
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import ClipRow
from sign2gpt.evaluation.analysis import Aligned, aligned
from sign2gpt.evaluation.plots.attention import attention_picture
from sign2gpt.evaluation.plots.localisation import LEFT, RIGHT, WIDTH, picture
from sign2gpt.evaluation.record import Record, ScoredSentence
from sign2gpt.evaluation.report.figures import Figures
from sign2gpt.evaluation.report.html import Section, video_data
from sign2gpt.evaluation.words.alignment import Pair

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


@dataclass(frozen=True)
class ShownHypothesis:
    """The hypothesis of one system, aligned to the reference; ``between`` joins the words."""

    name: str
    pairs: Sequence[Pair]
    between: str
    verdict: str


@dataclass(frozen=True)
class ClipCard:
    """A clip of the page; ``pictures`` have its time as their axis."""

    id: str
    signer: str
    video: str
    hypotheses: Sequence[ShownHypothesis]
    reference: str
    english: str
    pictures: Sequence[Markup]


def shown_clips(
    records: Mapping[str, Record],
    rows: Mapping[str, ClipRow],
    translator: Translator | None,
    count: int,
    figures: Figures,
) -> Section:
    """Cards of ``count`` clips, sampled with the seed of the first results file.

    ``translator`` is the first system's; None leaves out what needs the run.
    """
    system = next(iter(records.values()))
    by_system = {name: {item.sentence.id: item for item in aligned(record)} for name, record in records.items()}
    sampled = draw(system.seed, "report clips").sample(system.sentences, min(count, len(system.sentences)))
    facts = {
        "cards": [
            _card({name: items[one.id] for name, items in by_system.items()}, rows[one.id], translator, figures)
            for one in track(sampled, "report clips")
        ],
        "split": system.corpus.split,
        "language": system.corpus.language,
        "seed": system.seed,
        "explained": translator is not None,
        "localised": translator is not None and bool(translator.run.glosses),
        "left": f"{LEFT / WIDTH:.4f}",
        "right": f"{RIGHT / WIDTH:.4f}",
    }
    return Section("clips", "Example clips", facts)


def _card(items: Mapping[str, Aligned], row: ClipRow, translator: Translator | None, figures: Figures) -> ClipCard:
    sentence = next(iter(items.values())).sentence
    return ClipCard(
        id=row.id,
        signer=sentence.signer,
        video=video_data(row.path),
        hypotheses=[_hypothesis("hypothesis" if len(items) == 1 else name, item) for name, item in items.items()],
        reference=sentence.reference,
        english=sentence.english,
        pictures=[] if translator is None else _timeline(row, sentence, translator, figures),
    )


def _hypothesis(name: str, item: Aligned) -> ShownHypothesis:
    edits = f"{item.errors} edit{'s' * (item.errors > 1)}"
    wrong = "exact" if item.errors == 0 else f"{edits}, reference of {item.words} {item.unit}"
    verdict = f"{wrong}, log-probability {item.sentence.log_probability:.1f}"
    return ShownHypothesis(name, item.pairs, "" if item.characters else " ", verdict)


def _timeline(row: ClipRow, sentence: ScoredSentence, translator: Translator, figures: Figures) -> list[Markup]:
    """The paper's Figure 4 for one clip, and on the same time axis the attention of its words."""
    from sign2gpt.inference.explain import inspect

    seen = inspect(translator.reader, row, sentence.hypothesis)
    pictures, found, attention = list[Markup](), seen.localisation, seen.attention
    if found is not None:
        placed = found.placed(translator.reader.localizer.place_threshold)
        spans = ", ".join(f"{gloss.gloss} from {gloss.start_s:.1f} to {gloss.end_s:.1f} seconds" for gloss in placed)
        label = f"Presence of pseudo-glosses over time; localised: {spans or 'none'}"
        pictures.append(figures.add(f"{row.id} glosses", label, lambda: picture(seen.frames, found, placed)))
    if attention is not None:
        peaks = ", ".join(f"{word} at {seconds:.1f} seconds" for word, seconds in attention.peaks())
        label = f"Attention of each word over time; highest weights: {peaks}"
        frames = seen.frames if found is None else None
        pictures.append(figures.add(f"{row.id} words", label, lambda: attention_picture(attention, frames)))
    return pictures
