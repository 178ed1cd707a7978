"""`prepare how2sign` from end to end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from releases import SENTENCES, how2sign

from sign2gpt.data.corpus import Corpus


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return how2sign(tmp_path_factory.mktemp("release"))


def prepare(release: Path, corpus: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sign2gpt", "prepare", "how2sign", str(release), str(corpus), *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, start_new_session=True, stdout=pipe, stderr=pipe, text=True)


def test_one_command_makes_the_corpus_and_says_what_is_not_as_published(release: Path, tmp_path: Path) -> None:
    refused = prepare(release, tmp_path / "corpus", "--size", "64")
    out, told = refused.communicate()
    assert (refused.returncode, out) == (2, "")
    assert "not there: 3 clips: train_8-3-rgb_front (how2sign_realigned_train.csv:10): starts at" in " ".join(
        told.split()
    )
    assert "Traceback" not in told
    made = prepare(release, tmp_path / "corpus", "--size", "64", "--allow-missing")
    out, told = made.communicate()
    assert (made.returncode, out) == (0, f"{tmp_path / 'corpus'}\n")
    assert "val" not in Corpus.open(tmp_path / "corpus").splits
    rows = Corpus.open(tmp_path / "corpus").rows("dev")
    assert [(row.id, row.text, row.signer, row.num_frames) for row in rows] == [
        (f"val_{n}-3-rgb_front", f"It's val_{n}.", "3", 10) for n in range(SENTENCES)
    ]
    checked = [sys.executable, "-m", "sign2gpt", "check", str(tmp_path / "corpus"), "--workers", "1"]
    assert subprocess.run(checked, check=False, capture_output=True).returncode == 0
