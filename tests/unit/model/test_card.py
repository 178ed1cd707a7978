from __future__ import annotations

import re

import pytest

from sign2gpt.model.runs.card import Measured, model_card


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({}, "On dev, by which its weights were chosen: BLEU-4 9.5."),
        ({"dev_clips": 100}, "On up to 100 clips of dev, by which its weights were chosen: BLEU-4 9.5."),
        ({"keep_best": False}, "On dev, after the last epoch: BLEU-4 9.5."),
    ],
)
def test_the_card_tells_what_its_figures_are_of(training: dict[str, object], told: str) -> None:
    assert told in model_card("Sign2GPT", "train", {"name": "tiny", "train": training}, {"dev": {"bleu4": 9.5}})


HOSTILE = (
    "<script>alert(1)</script> <img src=https://x.example/pixel.png> ![p](https://x.example/p.png) "
    "[here](javascript:alert(1)) | x\n\n# Heading\n\n> quote `code` <https://x.example>"
)


def markup(card: str) -> str:
    """A card's body as the hub shows it."""
    markdown = pytest.importorskip("markdown")
    body = card.split("---\n", 2)[2].partition("-->")[2]
    return markdown.markdown(body, extensions=["tables"])


def test_what_others_wrote_is_shown_as_text_in_a_models_card() -> None:
    corpus = {"name": HOSTILE, "language": HOSTILE, "licence": HOSTILE, "notice": HOSTILE}
    model = {"spatial": {"backbone": HOSTILE}, "decoder": {"language_model": HOSTILE}}
    recipe = {"name": HOSTILE, "notes": HOSTILE, "model": model, "train": {"dev_clips": HOSTILE}}
    measured = [Measured(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: (1.0, None, None)})]
    shown = markup(
        model_card("Sign2GPT", "train", recipe, {"corpus": corpus, "dev": {HOSTILE: 1.0}}, measured=measured)
    )
    assert not re.search(r"<(script|img|a |blockquote)", shown)
    assert shown.count("&lt;script&gt;") == 14
    assert set(re.findall(r"<h\d>(.*?)</h", shown)) >= {"Use", "Scores"}
    assert "<h1>Heading" not in shown


def test_a_runs_figures_that_are_none_make_a_card_without_them() -> None:
    assert "On dev" not in model_card("Sign2GPT", "train", {"model": 3, "train": []}, {"corpus": "x", "dev": ["a"]})
