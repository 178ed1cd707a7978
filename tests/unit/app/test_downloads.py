"""Downloads of a translation: captions in every format, and an image if a font has its letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.app.worker.tasks import write_downloads
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.plots import style as fonts
from sign2gpt.inference.captions.captions import Caption
from sign2gpt.inference.captions.files import WRITERS
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.translator import Translator

CAPTIONS = [f"captions{suffix}" for suffix in WRITERS]


@pytest.mark.parametrize(("gloss", "picture"), [("rot", ["pseudo-glosses.png"]), ("天气", [])])
def test_there_is_an_image_if_a_font_has_its_letters(
    gloss: str, picture: list[str], world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "CHINESE", ())
    video = Corpus.open(world / "corpus").rows("dev")[0].path
    caption = Caption(0.0, 0.3, "rot", -1.0, [PlacedGloss(gloss, 0.0, 0.1, 0.5)], score=-0.5)
    names = write_downloads(
        Translator.from_pretrained(world / "translate", "cpu"), Path(str(video)), [caption.to_json()], tmp_path
    )
    assert names == CAPTIONS + picture
    assert {path.name for path in tmp_path.iterdir()} == set(names)
