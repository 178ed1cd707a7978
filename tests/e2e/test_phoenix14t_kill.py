"""`prepare phoenix14t` from its archive, killed at random moments and started again, ends with the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kills import contents, killed
from releases import FRAMES, ROOT, packed, phoenix14t

from sign2gpt.common.seeds import draw
from sign2gpt.data.corpus import Corpus


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    """A release with a damaged image, so that clips are left out at every attempt."""
    folder = tmp_path_factory.mktemp("release")
    made = phoenix14t(folder / "made", shared, clips=5, most_frames=60)
    next((made / ROOT / FRAMES / "train").rglob("images0005.png")).write_bytes(b"no image")
    return packed(made, folder / "phoenix-2014-T.v3.tar.gz")


@pytest.fixture(scope="module")
def unharmed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run that nobody kills writes, and the seconds it takes."""
    folder = tmp_path_factory.mktemp("unharmed")
    begun = time.monotonic()
    assert prepare(archive, folder).wait() == 0
    assert len(Corpus.open(folder / "corpus").info.left_out) == 1
    return contents(folder / "corpus"), time.monotonic() - begun


def prepare(archive: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Starts a run into ``folder``, with a cache of its own there."""
    command = [str(archive), str(folder / "corpus"), "--size", "128", "--workers", "2", "--allow-missing"]
    start = "from sign2gpt.cli.prepare import app; app()"
    return subprocess.Popen(
        [sys.executable, "-c", start, "phoenix14t", *command],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"SIGN2GPT_CACHE": str(folder / "cache")},
    )


def ends_the_same(archive: Path, folder: Path, unharmed: dict[str, bytes]) -> bool:
    assert not (folder / "corpus").exists() or contents(folder / "corpus") == unharmed
    assert prepare(archive, folder).wait() == 0
    return contents(folder / "corpus") == unharmed and {path.name for path in folder.iterdir()} == {"corpus", "cache"}


def test_two_kills_on_the_way_change_nothing(
    archive: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    expected, seconds = unharmed
    killed(lambda: prepare(archive, tmp_path), seconds * 0.5)
    killed(lambda: prepare(archive, tmp_path), seconds * 0.8, with_workers=False)
    assert ends_the_same(archive, tmp_path, expected)


@pytest.mark.slow
@pytest.mark.parametrize("point", range(20))
def test_a_kill_at_any_point_changes_nothing(
    archive: Path, unharmed: tuple[dict[str, bytes], float], tmp_path: Path, point: int
) -> None:
    expected, seconds = unharmed
    moment = seconds * draw(point, "phoenix14t", "any").uniform(0.1, 1.05)
    killed(lambda: prepare(archive, tmp_path), moment, with_workers=point % 2 == 0)
    assert ends_the_same(archive, tmp_path, expected)
