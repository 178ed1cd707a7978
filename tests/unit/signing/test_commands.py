"""`sign2gpt sign` and `sign2gpt synth` on real files."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from sign2gpt.cli.signing import sign, synth
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.video.decode import read_clip

RECIPE = """
name: tiny
signing: {train: 3, dev: 1, test: 1, test_unseen_signer: 1, size: 48}
"""


def test_sign_writes_a_video(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    sign("REGEN MORGEN neg-NORDEN", out, size=192, overrides=["signing.lexicon_seed=2"])
    clip = read_clip(out, frame_rate=None, size=None)
    assert clip.frames.shape[1:] == (192, 192, 3)
    assert clip.frame_rate == 25.0


def test_sign_refuses_an_unknown_key(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lexicon_seed"):
        sign("REGEN", tmp_path / "out.mp4", overrides=["signing.lexicon_sed=2"])
    assert list(tmp_path.iterdir()) == []


def test_synth_writes_a_corpus_that_says_its_signs_are_invented(tmp_path: Path) -> None:
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(RECIPE)
    synth(str(recipe), tmp_path / "corpus", workers=1)
    corpus = Corpus.open(tmp_path / "corpus")
    assert "not a sign language" in corpus.info.notice
    assert "not a sign language" in corpus.info.licence
    assert set(corpus.splits) == {"train", "dev", "test", "test_unseen_signer"}
    row = corpus.rows("train")[0]
    assert read_clip(row.path, frame_rate=None, size=None).frames.shape == (row.num_frames, 48, 48, 3)
    assert row.glosses
    assert row.extra["english"]


def test_synth_needs_a_signing_section(tmp_path: Path) -> None:
    recipe = tmp_path / "none.yaml"
    recipe.write_text("name: none\n")
    with pytest.raises(UserError, match="signing"):
        synth(str(recipe), tmp_path / "corpus")


def test_a_clip_says_in_its_properties_that_its_signs_are_invented(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    sign("REGEN", out, size=64)
    with av.open(str(out)) as container:
        assert "not a sign language" in container.metadata["comment"]
    first = out.read_bytes()
    sign("REGEN", out, size=64)
    assert out.read_bytes() == first


def test_sign_refuses_a_file_that_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\.mp4"):
        sign("REGEN", tmp_path / "out.txt")
    assert list(tmp_path.iterdir()) == []
