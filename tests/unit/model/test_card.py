from __future__ import annotations

import pytest

from sign2gpt.model.card import model_card


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({}, "On dev, by which its weights were chosen: BLEU-4 9.5."),
        ({"dev_clips": 100}, "On up to 100 clips of dev, by which its weights were chosen: BLEU-4 9.5."),
        ({"keep_best": False}, "On dev, after the last epoch: BLEU-4 9.5."),
    ],
)
def test_the_card_tells_what_its_figures_are_of(training: dict[str, object], told: str) -> None:
    assert told in model_card("translate", {"name": "tiny", "train": training}, {"dev": {"bleu4": 9.5}})
