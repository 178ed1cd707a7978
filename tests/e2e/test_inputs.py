"""What is given as a video on the command line: several with a bad one, pipes, addresses, folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from forked import sign2gpt

from sign2gpt.inference import sources
from sign2gpt.inference.translator import Translator, shipped_examples


def command(folder: Path, *words: object, video: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command as a user does; ``video`` is piped into it."""
    if video is None:
        return sign2gpt(*words, cwd=folder)
    with subprocess.Popen(["cat", str(video)], stdout=subprocess.PIPE) as piped:
        assert piped.stdout is not None
        return sign2gpt(*words, cwd=folder, stdin=piped.stdout)


def lines(found: subprocess.CompletedProcess[str]) -> list[str]:
    """What a command printed on stderr next to its bar."""
    return [line for line in found.stderr.splitlines() if not line.startswith("translate ")]


@pytest.fixture(scope="module")
def example() -> Path:
    return shipped_examples()[0]


@pytest.fixture(scope="module")
def sentence(example: Path) -> str:
    return Translator.from_pretrained("demo", "cpu").translate(example).text


def test_a_bad_video_does_not_lose_the_others_answers(example: Path, sentence: str, tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "d.mp4"):
        shutil.copy(example, tmp_path / name)
    (tmp_path / "bad.mp4").write_text("no video")
    words = ("translate", "demo", "a.mp4", "bad.mp4", "absent.mp4", "b.mp4", "", "https://a.b/c.mp4", "d.mp4")
    found = command(tmp_path, *words, "--json")
    assert found.returncode == 2
    entries: list[dict[str, Any]] = json.loads(found.stdout)
    assert [entry["id"] for entry in entries] == list(words[2:])
    assert [entry.get("text") for entry in entries] == [sentence, None, None, sentence, None, None, sentence]
    errors = [entry["error"] for entry in entries if "error" in entry]
    assert lines(found) == [f"error: {error}" for error in errors]
    reasons = ("damaged", "no such video file", "is empty", "download the video first")
    for error, told in zip(errors, reasons, strict=True):
        assert told in error
    shown = command(tmp_path, *words)
    assert shown.returncode == 2
    assert shown.stdout.count(sentence) == 3
    assert lines(shown) == lines(found)


def test_a_pipe_is_read_as_the_file_is(example: Path, sentence: str, tmp_path: Path) -> None:
    found = command(tmp_path, "translate", "demo", "-", "--json", video=example)
    assert (found.returncode, found.stderr) == (0, "")
    (entry,) = json.loads(found.stdout)
    assert (entry["id"], entry["text"]) == ("-", sentence)
    streamed = command(tmp_path, "translate", "demo", "-", "--stream", video=example)
    assert sentence in streamed.stdout
    captions = command(tmp_path, "caption", "demo", "-", "--json", "-o", "out.eaf", video=example)
    expected = json.loads(command(tmp_path, "caption", "demo", example, "--json").stdout)
    assert json.loads(captions.stdout) == expected | {"video": "-"}
    places = command(tmp_path, "localize", "demo", "-", "--json", "-o", "out.eaf", video=example)
    assert json.loads(places.stdout)["pseudo_glosses"]


def test_named_pipes_are_read(example: Path, sentence: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(example.read_bytes()))
    writer.start()
    found = command(tmp_path, "translate", "demo", "pipe")
    writer.join()
    assert sentence in found.stdout
    line = f"{sys.executable} -m sign2gpt translate demo <(cat {example})"
    assert sentence in subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout


def test_an_empty_pipe_and_too_large_a_one_are_mistakes(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = command(tmp_path, "translate", "demo", "-")
    assert (empty.returncode, empty.stdout) == (2, "")
    assert empty.stderr.startswith("error: -: nothing to read")
    monkeypatch.setattr(sources, "LARGEST", 1000)
    with (
        example.open("rb") as file,
        pytest.raises(sources.UserError, match="mp4: larger than 0 MiB"),
    ):
        sources.read_held(file, "a.mp4")


MISTAKES = {
    "translate demo https://example.org/clip.mp4": "https://example.org/clip.mp4: is an address",
    "translate demo s3://bucket/clip.mp4": "s3://bucket/clip.mp4: is an address",
    "caption demo https://example.org/clip.mp4": "download the video first",
    "localize demo https://example.org/clip.mp4": "download the video first",
    "translate demo videos": "`sign2gpt bulk RUN videos OUT`",
    "caption demo videos": "`sign2gpt bulk RUN videos OUT`",
    "translate demo /dev/null": "/dev/null: is a device",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_what_is_no_video_here_is_one_line(words: str, example: Path, tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    shutil.copy(example, tmp_path / "videos")
    found = command(tmp_path, *words.split())
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("error: ")
    assert found.stderr.count("\n") == 1
    assert MISTAKES[words] in found.stderr


@pytest.mark.parametrize("name", ["translate", "caption", "localize"])
def test_an_empty_path_is_refused(name: str, tmp_path: Path) -> None:
    found = command(tmp_path, name, "demo", "")
    assert (found.returncode, found.stderr) == (2, "error: the path of a video is empty; name a file or folder\n")
