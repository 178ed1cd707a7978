"""`prepare how2sign` from end to end."""

from __future__ import annotations

from pathlib import Path

import pytest
from forked import sign2gpt
from releases import SENTENCES, how2sign

from sign2gpt.data.corpus import Corpus


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return how2sign(tmp_path_factory.mktemp("release"))


def test_one_command_makes_the_corpus_and_says_what_is_not_as_published(release: Path, tmp_path: Path) -> None:
    prepare = ("prepare", "how2sign", release, tmp_path / "corpus", "--size", "64")
    refused = sign2gpt(*prepare)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "video missing: 3 clips: train_8-3-rgb_front (how2sign_realigned_train.csv:10): starts at" in " ".join(
        refused.stderr.split()
    )
    assert "Traceback" not in refused.stderr
    made = sign2gpt(*prepare, "--allow-missing")
    assert (made.returncode, made.stdout) == (0, f"{tmp_path / 'corpus'}\n")
    assert "val" not in Corpus.open(tmp_path / "corpus").splits
    rows = Corpus.open(tmp_path / "corpus").rows("dev")
    assert [(row.id, row.text, row.signer, row.num_frames) for row in rows] == [
        (f"val_{n}-3-rgb_front", f"It's val_{n}.", "3", 10) for n in range(SENTENCES)
    ]
    assert sign2gpt("check", tmp_path / "corpus", "--workers", "1").returncode == 0
