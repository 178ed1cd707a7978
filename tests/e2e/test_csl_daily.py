"""`prepare csl-daily` from end to end: its one line of a mistake, and killed on the way and started again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from csl_release import Signed, write_release
from kills import after_kills

from sign2gpt.common.seeds import draw

CLIPS = [
    Signed(f"S{n:06}_P000{n % 10}_T00", ("train", "dev", "test")[n % 3], ["你", "好"], f"你好{n}！", 30)
    for n in range(1, 25)
]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "release"
    write_release(folder, CLIPS, [clip.name for clip in CLIPS])
    return folder


def prepare(release: Path, corpus: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sign2gpt", "prepare", "csl-daily", str(release), str(corpus), "--size", "64"]
    return subprocess.Popen(command, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(release: Path, folder: Path, moments: Sequence[float] = ()) -> dict[str, bytes]:
    """The corpus after attempts that were killed at these seconds."""
    return after_kills(lambda: prepare(release, folder / "corpus"), folder / "corpus", moments)


@pytest.fixture(scope="module")
def unharmed(release: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run that nobody kills writes, and the seconds it takes."""
    folder, begun = tmp_path_factory.mktemp("unharmed"), time.monotonic()
    return finished(release, folder), time.monotonic() - begun


def test_two_kills_on_the_way_change_nothing(
    release: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    expected, seconds = unharmed
    random = draw(0, "csl-daily", "two")
    assert finished(release, tmp_path, [seconds * random.uniform(0.4, 1) for _ in range(2)]) == expected


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_a_kill_at_any_point_changes_nothing(
    release: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path, point: int
) -> None:
    expected, seconds = unharmed
    moment = seconds * draw(point, "csl-daily", "any").uniform(0.1, 1.05)
    assert finished(release, tmp_path, [moment]) == expected


def test_labels_with_code_end_with_one_line(release: Path, tmp_path: Path) -> None:
    place = tmp_path / "release" / "sentence_label"
    place.mkdir(parents=True)
    (place / "split_1.txt").write_bytes((release / "sentence_label/split_1.txt").read_bytes())
    (place / "csl2020ct_v2.pkl").write_bytes(b"cos\nsystem\n(S'touch %b'\ntR." % bytes(tmp_path / "ran"))
    run = prepare(tmp_path / "release", tmp_path / "corpus")
    out, told = run.communicate()
    assert (run.returncode, out) == (2, "")
    assert "refused, it holds GLOBAL" in told
    assert len(told.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["release"]
