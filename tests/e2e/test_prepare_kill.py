"""`prepare folder`, killed at random moments and started again, ends with the bytes of one that was not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from kills import contents, killed

from sign2gpt.common.seeds import draw
from sign2gpt.video.encode import write_clip

CLIPS = 24


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    rng = np.random.default_rng(0)
    for video in range(3):
        noise = rng.integers(0, 255, (60, 96, 128, 3), dtype=np.uint8)
        write_clip(folder / f"{video}.mp4", noise, 25)
    for split in ("train", "dev", "test"):
        rows = [f"{split}{n}\t{n % 3}.mp4\tsatz {n}\t{n / 100}\n" for n in range(CLIPS // 3)]
        (folder / f"{split}.tsv").write_text("id\tvideo\ttext\tstart\n" + "".join(rows))
    return folder


@pytest.fixture(scope="module")
def unharmed(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run that nobody kills writes, and the seconds it takes."""
    corpus = tmp_path_factory.mktemp("unharmed") / "corpus"
    begun = time.monotonic()
    assert prepare(source, corpus).wait() == 0
    seconds = time.monotonic() - begun
    return contents(corpus), seconds


def prepare(source: Path, corpus: Path) -> subprocess.Popen[bytes]:
    command = ["folder", str(source), str(corpus), "--language", "de", "--size", "128", "--workers", "2"]
    start = "from sign2gpt.cli.prepare import app; app()"
    return subprocess.Popen([sys.executable, "-c", start, *command], start_new_session=True, stderr=subprocess.DEVNULL)


def test_three_kills_on_the_way_change_nothing(
    source: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    expected, seconds = unharmed
    rng = draw(0, "prepare", "three")
    for kill in range(3):
        killed(lambda: prepare(source, tmp_path / "corpus"), seconds * rng.uniform(0.3, 1), with_workers=kill % 2 == 0)
        assert not (tmp_path / "corpus").exists() or contents(tmp_path / "corpus") == expected
    assert prepare(source, tmp_path / "corpus").wait() == 0
    assert contents(tmp_path / "corpus") == expected
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


@pytest.mark.slow
@pytest.mark.parametrize("point", range(10))
def test_a_kill_at_any_point_changes_nothing(
    source: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path, point: int
) -> None:
    expected, seconds = unharmed
    moment = seconds * draw(point, "prepare", "any").uniform(0.1, 1.05)
    killed(lambda: prepare(source, tmp_path / "corpus"), moment, with_workers=point % 2 == 0)
    assert not (tmp_path / "corpus").exists() or contents(tmp_path / "corpus") == expected
    assert prepare(source, tmp_path / "corpus").wait() == 0
    assert contents(tmp_path / "corpus") == expected
