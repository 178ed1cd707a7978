"""`prepare how2sign` from end to end, killed on the way and started again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from kills import after_kills

from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import Corpus
from sign2gpt.video.encode import write_clip

HEADER = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
SENTENCES = 8


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video a split, of ten sentences; the last one begins where the video is over."""
    folder = tmp_path_factory.mktemp("release")
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        video = f"{split}-3-rgb_front"
        noise = rng.integers(0, 255, (SENTENCES * 10, 72, 128, 3), dtype=np.uint8)
        write_clip(folder / "video_level" / split / "rgb_front" / f"{video}.mp4", noise, 24)
        names = [
            (f"{split}_{n}", f"{split}_{n}-3-rgb_front", n * 10 / 24, (n + 1) * 10 / 24) for n in range(SENTENCES + 1)
        ]
        rows = [f"{split}\t{video}\t{i}\t{name}\t{start:.4f}\t{end:.4f}\tIt's {i}.\n" for i, name, start, end in names]
        (folder / f"how2sign_realigned_{split}.csv").write_text(HEADER + "".join(rows))
    return folder


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


def finished(release: Path, folder: Path, moments: Sequence[float] = ()) -> dict[str, bytes]:
    """The corpus after attempts that were killed at these seconds."""
    corpus = folder / "corpus"
    return after_kills(lambda: prepare(release, corpus, "--size", "64", "--allow-missing"), corpus, moments)


@pytest.fixture(scope="module")
def unharmed(release: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run that nobody kills writes, and the seconds it takes."""
    folder, begun = tmp_path_factory.mktemp("unharmed"), time.monotonic()
    return finished(release, folder), time.monotonic() - begun


def test_two_kills_on_the_way_change_nothing(
    release: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    expected, seconds = unharmed
    random = draw(0, "how2sign", "two")
    assert finished(release, tmp_path, [seconds * random.uniform(0.4, 1) for _ in range(2)]) == expected


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_a_kill_at_any_point_changes_nothing(
    release: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path, point: int
) -> None:
    expected, seconds = unharmed
    moment = seconds * draw(point, "how2sign", "any").uniform(0.1, 1.05)
    assert finished(release, tmp_path, [moment]) == expected
