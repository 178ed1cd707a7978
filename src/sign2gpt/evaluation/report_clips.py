"""The report's clips: what is signed, what comes out, and where the pseudo-glosses are."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sign2gpt.common.progress import track
from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import ClipRow, Corpus
from sign2gpt.evaluation.analysis import Aligned, aligned
from sign2gpt.evaluation.html import clip, difference, inline_svg
from sign2gpt.evaluation.localisation import drawing_style, picture
from sign2gpt.evaluation.record import Record

if TYPE_CHECKING:
    from sign2gpt.inference.translator import Translator


def shown_clips(system: Record, corpus: Corpus, translator: Translator, count: int) -> str:
    """Cards of ``count`` clips drawn at random by the record's seed, so that nobody picks the good ones."""
    rows = {row.id: row for row in corpus.rows(system.corpus.split)}
    items = aligned(system)
    drawn = draw(system.seed, "report clips").sample(items, min(count, len(items)))
    cards = [_card(item, rows[item.sentence.id], corpus, translator) for item in track(drawn, "report clips")]
    return (
        '<section aria-labelledby="clips"><h2 id="clips">What it sees and says</h2>'
        f"<p>{len(cards)} clips of the {escape(system.corpus.split)} split, drawn at random with seed {system.seed}, "
        "not picked. Where a sentence differs from its reference, the reference's words are <del>struck through</del> "
        "and the system's <ins>underlined</ins>. The curves show how present each pseudo-gloss is at each moment, and "
        "below stands where it was placed. Nobody told the model when a sign happens.</p>"
        '<p><button id="pause" type="button" aria-pressed="false">Pause all clips</button></p>'
        f'<div class="cards">{"".join(cards)}</div></section>'
    )


def _card(item: Aligned, row: ClipRow, corpus: Corpus, translator: Translator) -> str:
    sentence, language = item.sentence, escape(corpus.info.language)
    verdict = "exact" if item.errors == 0 else f"{item.errors} of {item.words} words differ"
    lines = [
        ("said", f'<dd class="said" lang="{language}">{difference(item.pairs)}</dd>'),
        ("reference", f'<dd lang="{language}">{escape(sentence.reference)}</dd>'),
    ]
    if sentence.english:
        lines.append(("in English", f'<dd lang="en">{escape(sentence.english)}</dd>'))
    signer = f", signer {escape(sentence.signer)}" if sentence.signer else ""
    lines.append(("", f'<dd class="verdict">{verdict}{signer}, log-probability {sentence.log_probability:.1f}</dd>'))
    told = "".join(f"<dt>{name}</dt>{value}" for name, value in lines)
    video = clip(row.path, f"Signed clip {sentence.id}: {sentence.english or sentence.reference}")
    return f'<article class="card">{video}<dl>{told}</dl>{_localised(row, translator)}</article>'


def _localised(row: ClipRow, translator: Translator) -> str:
    """The paper's Figure 4 for one clip; nothing where the run has no pretraining head."""
    if translator.run.glosses is None:
        return ""
    found, frames = translator.localize(row.path)
    placed = found.placed(translator.run.config.prototypes.place_threshold)
    with drawing_style():
        figure = picture(frames, found, placed)
    told = ", ".join(f"{gloss.gloss} at {gloss.start_s:.1f} to {gloss.end_s:.1f} seconds" for gloss in placed)
    label = f"Presence of pseudo-glosses over time; placed: {told or 'none'}"
    return f'<figure class="scroll wide" tabindex="0">{inline_svg(figure, label)}</figure>'
