"""The report's clips: what is signed, what comes out, and where the pseudo-glosses and the words are."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from sign2gpt.common.progress import track
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import ClipRow
from sign2gpt.evaluation.analysis import Aligned, aligned
from sign2gpt.evaluation.attention import attention_picture
from sign2gpt.evaluation.figures import Figures
from sign2gpt.evaluation.html import clip, difference
from sign2gpt.evaluation.localisation import LEFT, RIGHT, WIDTH, picture
from sign2gpt.evaluation.record import Record, Sentence

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


def shown_clips(
    records: Mapping[str, Record],
    rows: Mapping[str, ClipRow],
    translator: Translator | None,
    count: int,
    figures: Figures,
) -> str:
    """Cards of ``count`` clips drawn at random by the first record's seed, so that nobody picks the good ones.

    ``translator`` is the first system's; None leaves out what only the run can tell.
    """
    system = next(iter(records.values()))
    said = {name: {item.sentence.id: item for item in aligned(record)} for name, record in records.items()}
    drawn = draw(system.seed, "report clips").sample(system.sentences, min(count, len(system.sentences)))
    cards = [
        _card({name: items[one.id] for name, items in said.items()}, rows[one.id], system, translator, figures)
        for one in track(drawn, "report clips")
    ]
    return (
        '<section aria-labelledby="clips"><h2 id="clips">What it sees and says</h2>'
        f"<p>{len(cards)} clips of the {escape(system.corpus.split)} split, drawn at random with seed {system.seed}, "
        "not picked. Where a sentence differs from its reference, the reference's words are <del>struck through</del> "
        f"and the system's <ins>underlined</ins>.{_legend(translator)}</p>"
        '<p><button id="pause" type="button" aria-pressed="false">Pause all clips</button></p>'
        f'<div class="cards">{"".join(cards)}</div></section>'
    )


def _legend(translator: Translator | None) -> str:
    if translator is None:
        return ""
    curves = (
        " The curves show how present each pseudo-gloss is at each moment, and below stands where it was placed. "
        "Nobody told the model when a sign happens."
    )
    words = (
        " The rows of words show which frames made each word: the weights of the cross-attention, averaged over layers "
        "and heads by how far their gates are open, the more colour, the higher. They tell where the decoder "
        "looked, not why it said the word."
    )
    return (curves if translator.run.glosses else "") + words


def _card(
    items: Mapping[str, Aligned], row: ClipRow, system: Record, translator: Translator | None, figures: Figures
) -> str:
    first, alone, language = next(iter(items.values())), len(items) == 1, escape(system.corpus.language)
    lines = [("said" if alone else escape(name), _said(item, language)) for name, item in items.items()]
    lines.append(("reference", f'<dd lang="{language}">{escape(first.sentence.reference)}</dd>'))
    if first.sentence.english:
        lines.append(("in English", f'<dd lang="en">{escape(first.sentence.english)}</dd>'))
    signer = f", by {escape(first.sentence.signer)}" if first.sentence.signer else ""
    lines.append(("", f'<dd class="verdict">{escape(row.id)}{signer}</dd>'))
    told = "".join(f"<dt>{name}</dt>{value}" for name, value in lines)
    video = clip(row.path, f"Signed clip {row.id}: {first.sentence.english or first.sentence.reference}")
    inside = "" if translator is None else _timeline(row, first.sentence, translator, figures)
    return f'<article class="card">{video}<dl>{told}</dl>{inside}</article>'


def _said(item: Aligned, language: str) -> str:
    edits = f"{item.errors} edit{'s' * (item.errors > 1)}"
    wrong = "exact" if item.errors == 0 else f"{edits} against {item.words} {item.unit} of the reference"
    verdict = f"{wrong}, log-probability {item.sentence.log_probability:.1f}"
    said = f'<span lang="{language}">{difference(item.pairs, "" if item.characters else " ")}</span>'
    return f'<dd class="said">{said} <span class="verdict">{verdict}</span></dd>'


def _timeline(row: ClipRow, sentence: Sentence, translator: Translator, figures: Figures) -> str:
    """The paper's Figure 4 for one clip, and below, in the same seconds, where its words come from."""
    from sign2gpt.inference.looking import look

    seen = look(translator, row, sentence.hypothesis)
    shown, found, attention = "", seen.localisation, seen.attention
    if found is not None:
        placed = found.placed(translator.run.config.prototypes.place_threshold)
        told = ", ".join(f"{gloss.gloss} at {gloss.start_s:.1f} to {gloss.end_s:.1f} seconds" for gloss in placed)
        label = f"Presence of pseudo-glosses over time; placed: {told or 'none'}"
        shown += figures.add(f"{row.id} glosses", label, lambda: picture(seen.frames, found, placed))
    if attention is not None:
        told = ", ".join(f"{word} at {seconds:.1f} seconds" for word, seconds in attention.peaks())
        label = f"Where each word comes from; the highest weights: {told}"
        frames = seen.frames if found is None else None
        shown += figures.add(f"{row.id} words", label, lambda: attention_picture(attention, frames))
    edges = f"--left:{LEFT / WIDTH:.4f};--right:{RIGHT / WIDTH:.4f}"
    head = '<i class="playhead" aria-hidden="true"></i>'
    named = f'role="group" aria-label="Clip {escape(row.id)} over time" tabindex="0"'
    return f'<div class="scroll wide" {named}><div class="timeline" style="{edges}">{shown}{head}</div></div>'
