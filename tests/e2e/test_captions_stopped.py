"""Captions of a video that is damaged, of a command that is stopped, and of a place that takes none: none is lost."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from forked import file_limit, sign2gpt

from sign2gpt.inference.translator import shipped_examples
from sign2gpt.video.decode import iter_frames, probe
from sign2gpt.video.encode import write_clip

CAPTION = ("caption", "demo")
NAMES = ("out.vtt", "out.srt", "out.eaf", "out.json", "out.mp4")
OUTPUTS = [word for name in NAMES for word in ("-o", name)]


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """The three bundled examples with a second of rest after each: 11 s, three sentences."""
    clips = [list(iter_frames(example, frame_rate=None, size=None)) for example in shipped_examples()]
    return [frame for clip in clips for frame in [*clip, *clip[-1:] * 25]]


@pytest.fixture(scope="module")
def captions(frames: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Those of the whole video."""
    folder = tmp_path_factory.mktemp("whole")
    write_clip(folder / "whole.mkv", frames, 25)
    done = sign2gpt(*CAPTION, "whole.mkv", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["until_s"] is None
    assert len(document["captions"]) == 3
    return document["captions"]


def test_captions_before_damage_are_kept_in_every_form(
    frames: list[np.ndarray], captions: list[dict[str, object]], tmp_path: Path
) -> None:
    write_clip(tmp_path / "cut.mkv", frames, 25)
    whole = (tmp_path / "cut.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 7 // 10])
    done = sign2gpt(*CAPTION, "cut.mkv", "--json", *OUTPUTS, cwd=tmp_path)
    assert done.returncode == 2
    told = done.stderr.splitlines()[-1]
    assert re.search(r"error: cut\.mkv: ends at 7\.\d+ s of 11\.\d+ s, .*; 2 captions up to (6\.\d\d) s are in", told)
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert document == json.loads(done.stdout)
    assert document["captions"] == captions[:2]
    assert document["until_s"] == captions[1]["end_s"]
    assert "NOTE incomplete: the captions end at 00:00:06." in (tmp_path / "out.vtt").read_text(encoding="utf-8")
    spans = ElementTree.parse(tmp_path / "out.eaf").findall("TIER[@TIER_ID='sentences']//ANNOTATION_VALUE")
    assert [span.text for span in spans] == [caption["text"] for caption in captions[:2]]
    assert (tmp_path / "out.srt").read_text(encoding="utf-8").count(" --> ") == 2
    assert probe(tmp_path / "out.mp4").duration_s == pytest.approx(document["until_s"])  # it plays, to where they end


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_captions_before_ctrl_c_are_kept(frames: list[np.ndarray], tmp_path: Path, ending: signal.Signals) -> None:
    write_clip(tmp_path / "long.mkv", frames * 8, 25)
    terminal, end = pty.openpty()
    line = [sys.executable, "-m", "sign2gpt", *CAPTION, "long.mkv", "-o", "out.json"]
    run = subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=end, preexec_fn=_heard)
    os.close(end)
    told = _read_until(terminal, rb"[1-9]\d*/\d\d")  # the bar counts the seconds that have captions
    run.send_signal(ending)
    printed, _ = run.communicate()
    told += _read_until(terminal, None)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", told.decode()).splitlines()
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    found = document["captions"]
    assert run.returncode == 130
    assert 0 < len(found) < 24
    assert document["until_s"] == found[-1]["end_s"]
    assert found[-1]["text"] in printed.decode()
    assert lines[-2].endswith(f"stopped: {len(found)} captions up to {found[-1]['end_s']:.2f} s are in out.json")
    assert lines[-1] == "interrupted", "it does not resume, so it does not say so"


def _heard() -> None:
    """A shell's job in the background, as the tests may be, hands on that Ctrl-C is not heard."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read_until(terminal: int, pattern: bytes | None) -> bytes:
    """What comes to a terminal until ``pattern``, or until nobody writes to it any more."""
    told = b""
    while pattern is None or not re.search(pattern, told):
        try:
            part = os.read(terminal, 4096)
        except OSError:  # closed at the other end
            part = b""
        if not part:
            assert pattern is None, told
            return told
        told += part
    return told


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("file/out.vtt", "Not a directory"),
        ("folder.vtt", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_the_video_is_read(tmp_path: Path, place: str, why: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.vtt").mkdir()
    done = sign2gpt(*CAPTION, "absent.mp4", "-o", "good.vtt", "-o", place, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {place}: ")
    assert why in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.vtt"]


def test_a_disk_that_is_full_at_the_end_loses_only_what_it_does_not_hold(
    frames: list[np.ndarray], captions: list[dict[str, object]], tmp_path: Path
) -> None:
    write_clip(tmp_path / "talk.mkv", frames, 25)
    words = (*CAPTION, "talk.mkv", "--json", "-o", "out.eaf", "-o", "out.vtt")
    done = sign2gpt(*words, cwd=tmp_path, before=file_limit(2000))
    assert done.returncode == 2
    assert json.loads(done.stdout)["captions"] == captions
    assert done.stderr.splitlines()[-1].startswith("error: the captions are printed, but: out.eaf: cannot be written")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.vtt", "talk.mkv"]
    assert (tmp_path / "out.vtt").read_text(encoding="utf-8").count(" --> ") == 3
