"""What a visitor takes along: captions in every format, and a picture where a font here has its letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.app.keepsakes import write_keepsakes
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation import fonts
from sign2gpt.inference.caption_files import WRITERS
from sign2gpt.inference.captions import Caption
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.translator import Translator

CAPTIONS = [f"captions{suffix}" for suffix in WRITERS]


@pytest.mark.parametrize(("gloss", "picture"), [("rot", ["pseudo-glosses.png"]), ("天气", [])])
def test_a_picture_comes_along_where_it_can_be_drawn(
    gloss: str, picture: list[str], world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "CHINESE", ())
    video = Corpus.open(world / "corpus").rows("dev")[0].path
    said = Caption(0.0, 0.3, "rot", -1.0, [PlacedGloss(gloss, 0.0, 0.1, 0.5)], score=-0.5)
    names = write_keepsakes(
        Translator.from_pretrained(world / "translate", "cpu"), Path(str(video)), [said.to_json()], tmp_path
    )
    assert names == CAPTIONS + picture
    assert {path.name for path in tmp_path.iterdir()} == set(names)
