"""Many videos: a file for each, as one by one, complete after a kill, and a reason for each that is left out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
import torch
from kills import contents, killed_once
from safetensors import safe_open

from sign2gpt.cli.main import main
from sign2gpt.common.checksums import sealed
from sign2gpt.common.errors import UserError
from sign2gpt.common.locks import locked
from sign2gpt.data.batch import collate
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.dataset import SignDataset
from sign2gpt.inference.bulk.outputs import Features
from sign2gpt.inference.bulk.runner import LOCK, BulkJob, make_files
from sign2gpt.inference.translator import Translator, shipped_examples

COPIES = 4
Command = Callable[..., int]


@pytest.fixture
def sign2gpt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs a command in this process and a folder of its own; its exit code."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["sign2gpt", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Copies of the bundled examples, and two files that cannot be read."""
    folder = tmp_path / "videos"
    for copy in range(COPIES):
        (folder / f"{copy}").mkdir(parents=True)
        for example in shipped_examples():
            shutil.copy(example, folder / f"{copy}")
    cut = next(iter(shipped_examples())).read_bytes()[:3000]
    (folder / "cut.mp4").write_bytes(cut)
    (folder / "0" / "empty.mov").touch()
    (folder / "notes.txt").write_text("no video")
    return folder


def test_every_video_has_the_sentence_that_it_has_alone(sign2gpt: Command, videos: Path, tmp_path: Path) -> None:
    assert sign2gpt("bulk", "demo", videos, "out", "--workers", 1) == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "translations.jsonl").read_text().splitlines()]
    examples = [example.name for example in shipped_examples()]
    assert [line["id"] for line in lines] == [f"{copy}/{name}" for copy in range(COPIES) for name in examples]
    alone = Translator.from_pretrained("demo", "cpu").translate(videos / lines[0]["id"]).to_json()
    assert lines[0] == sealed({key: value for key, value in alone.items() if key != "timings"} | {"id": lines[0]["id"]})
    assert json.loads((tmp_path / "out" / f"{lines[-1]['id']}.json").read_text()) == lines[-1]


def test_unreadable_videos_are_listed_and_tried_again(
    sign2gpt: Command, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign2gpt("features", "demo", videos, "out", "--workers", 1) == 0
    left_out = json.loads((tmp_path / "out" / "left_out.json").read_text())
    assert sorted(left_out) == ["0/empty.mov", "cut.mp4"]
    assert "damaged" in left_out["cut.mp4"]
    assert "left out:" in capsys.readouterr().err
    shutil.copy(next(iter(shipped_examples())), videos / "cut.mp4")
    assert sign2gpt("features", "demo", videos, "out", "--workers", 1) == 0
    assert list(json.loads((tmp_path / "out" / "left_out.json").read_text())) == ["0/empty.mov"]
    assert (tmp_path / "out" / "cut.mp4.safetensors").is_file()


def rewrapped(video: Path, to: Path) -> None:
    """Puts a video's packets into another container."""
    with av.open(str(video)) as source, av.open(str(to), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def test_whatever_ffmpeg_reads_is_taken_and_links_are_followed(sign2gpt: Command, tmp_path: Path) -> None:
    example, folder = shipped_examples()[0], tmp_path / "videos"
    (folder / "a").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    for name in ("a/clip.ts", "a/clip.mts", "a/clip.3gp"):
        rewrapped(example, folder / name)
    shutil.copy(example, folder / "a" / "no ending")
    shutil.copy(example, tmp_path / "elsewhere" / "deep" / "one.MP4")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "link.mp4").symlink_to(example)
    (folder / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "a" / "again").symlink_to(folder / "a")
    (folder / "a" / "clip.eaf").write_text("<ANNOTATION_DOCUMENT/>")
    (folder / "a" / "unknown.xyz").write_text("no video")
    os.mkfifo(folder / "pipe.mp4")
    assert sign2gpt("features", "demo", folder, "out", "--workers", 1) == 0
    made = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.safetensors")}
    there = ["a/clip.ts", "a/clip.mts", "a/clip.3gp", "a/no ending", "linked/deep/one.MP4", "link.mp4"]
    assert made == {f"{name}.safetensors" for name in there}
    left_out = json.loads((tmp_path / "out" / "left_out.json").read_text())
    assert left_out.keys() == {"gone.mp4", "a/unknown.xyz"}
    assert "no such video file" in left_out["gone.mp4"]
    assert "no video that FFmpeg reads" in left_out["a/unknown.xyz"]


def test_names_that_are_too_long_or_no_text_have_files_too(sign2gpt: Command, tmp_path: Path) -> None:
    names = [f"{'ü' * 120}{number}.mp4" for number in range(2)] + ["\udcff.mp4"]  # with .json over 255 bytes
    (tmp_path / "videos").mkdir()
    for name in names:
        shutil.copy(shipped_examples()[0], tmp_path / "videos" / name)
    for _ in range(2):  # the second command finds what the first has made
        assert sign2gpt("bulk", "demo", "videos", "out", "--workers", 1) == 0
    lines = [json.loads(line) for line in (tmp_path / "out" / "translations.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["\\xff.mp4" if name == names[2] else name for name in sorted(names)]
    made = sorted(path.name for path in (tmp_path / "out").glob("*.mp4*.json")) + sorted(
        path.name for path in (tmp_path / "out").glob("ü*.json") if ".mp4" not in path.name
    )
    assert len(made) == 3
    assert all(len(os.fsencode(name)) <= 255 for name in made)


@pytest.mark.parametrize("run", ["pretrain", "translate"])
def test_features_are_those_of_the_corpus_clips(run: str, sign2gpt: Command, world: Path, tmp_path: Path) -> None:
    assert sign2gpt("features", world / run, world / "corpus", "out", "--workers", 1) == 0
    translator, rows = Translator.from_pretrained(world / run, "cpu"), Corpus.open(world / "corpus").rows("dev")
    batch = collate([SignDataset(rows, translator.reader.frames, seed=0, train=False)[0]])
    with safe_open(tmp_path / "out" / "dev" / f"{rows[0].path.name}.safetensors", "pt") as file, torch.no_grad():
        torch.testing.assert_close(file.get_tensor("z"), translator.reader.model.encode(batch.frames, batch.lengths)[0])
        origin = json.loads(file.metadata()["made_by"])
    assert origin["video"] == f"dev/{rows[0].path.name}"
    assert origin | json.loads((tmp_path / "out" / "made_by.json").read_text()) == origin
    assert set(origin["run"]) >= {"run.json", "recipe.yaml", "model.safetensors"}


def test_a_killed_job_resumes_and_writes_nothing_twice(sign2gpt: Command, videos: Path, tmp_path: Path) -> None:
    words = ["bulk", "demo", videos, "out", "--workers", 2]
    command, quiet = [sys.executable, "-m", "sign2gpt", *map(str, words)], subprocess.DEVNULL
    out = tmp_path / "out"
    killed_once(
        lambda: len(list(out.rglob("[!.]*.mp4.json"))) > 1,
        lambda: subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet, cwd=tmp_path),
    )
    (out / "0" / ".test-x.partial.json").write_text('{"half": ')
    before = {path: path.stat() for path in out.rglob("[!.]*.mp4.json")}
    assert len(before) < 3 * COPIES
    assert sign2gpt(*words[:-1], 1) == 0
    assert all(os.path.samestat(path.stat(), found) for path, found in before.items())
    assert sign2gpt("bulk", "demo", videos, "unharmed", "--workers", 1) == 0
    assert contents(out) == contents(tmp_path / "unharmed")


@pytest.mark.parametrize("product", ["bulk", "features"])
def test_a_damaged_file_is_made_again_to_the_same_bits(
    product: str, sign2gpt: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "videos").mkdir()
    for example in shipped_examples():
        shutil.copy2(example, tmp_path / "videos")
    words = [product, "demo", "videos", "out", "--workers", 1]
    assert sign2gpt(*words) == 0
    before = contents(tmp_path / "out")
    flipped, zeroed, kept = sorted((tmp_path / "out").glob("*.mp4.*"))
    inode, content = kept.stat().st_ino, bytearray(flipped.read_bytes())
    content[-9] ^= 1  # a digit of the sum, or a bit of a feature
    flipped.write_bytes(content)
    zeroed.write_bytes(bytes(zeroed.stat().st_size))
    capsys.readouterr()
    assert sign2gpt(*words) == 0
    assert "2 files are damaged" in capsys.readouterr().err
    assert contents(tmp_path / "out") == before
    assert kept.stat().st_ino == inode


def test_videos_that_are_translated_together_end_with_the_same_bytes_after_a_kill(
    sign2gpt: Command, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["bulk", "demo", videos, "--together", 5, "--workers", 2]
    out, quiet = tmp_path / "out", subprocess.DEVNULL
    command = [sys.executable, "-m", "sign2gpt", *map(str, words), "out"]
    killed_once(
        lambda: len(list(out.rglob("[!.]*.mp4.json"))) > 1,
        lambda: subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet, cwd=tmp_path),
    )
    first, *_ = sorted(out.rglob("[!.]*.mp4.json"))
    first.unlink()  # as where the kill came in the middle of a group
    before = {path: path.stat() for path in out.rglob("[!.]*.mp4.json")}
    assert sign2gpt(*words[:-1], 1, "out") == 0
    assert all(os.path.samestat(path.stat(), found) for path, found in before.items())
    assert sign2gpt(*words[:-1], 1, "unharmed") == 0
    assert contents(out) == contents(tmp_path / "unharmed")
    assert sorted(json.loads((out / "left_out.json").read_text())) == ["0/empty.mov", "cut.mp4"]
    assert sign2gpt("bulk", "demo", videos, "alone", "--workers", 1) == 0
    together, alone = (
        [json.loads(line) for line in (tmp_path / folder / "translations.jsonl").read_text().splitlines()]
        for folder in ("out", "alone")
    )
    assert [(line["id"], line["text"]) for line in together] == [(line["id"], line["text"]) for line in alone]
    for one, other in zip(together, alone, strict=True):
        assert one["log_probability"] == pytest.approx(other["log_probability"], abs=1e-4)
    assert sign2gpt("bulk", "demo", videos, "out") == 2
    assert "made with other settings" in capsys.readouterr().err


def test_an_exchanged_video_has_its_own_sentence(
    sign2gpt: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, *_ = shipped_examples()
    for folder, video in (("videos", first), ("other", second)):
        (tmp_path / folder).mkdir()
        shutil.copy2(video, tmp_path / folder / "a.mp4")
        shutil.copy2(first, tmp_path / folder / "b.mp4")
    for folder in ("videos", "other", "other"):
        capsys.readouterr()
        assert sign2gpt("bulk", "demo", folder, "out", "--workers", 1) == 0
        kept = (tmp_path / "out" / "b.mp4.json").stat().st_ino
    assert "0/0" not in capsys.readouterr().err
    assert sign2gpt("bulk", "demo", "other", "alone", "--workers", 1) == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "alone")
    assert sign2gpt("bulk", "demo", "videos", "out", "--workers", 1) == 0
    assert (tmp_path / "out" / "b.mp4.json").stat().st_ino == kept
    assert (tmp_path / "out" / "a.mp4.json").read_bytes() != (tmp_path / "alone" / "a.mp4.json").read_bytes()


def test_a_second_command_leaves_the_first_alone(
    sign2gpt: Command, videos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with locked(out, out / LOCK):
        begun = out / ".clip-x.partial.json"
        begun.touch()
        assert sign2gpt("bulk", "demo", videos / "0", "out", "--workers", 1) == 2
        assert "another command writes here" in capsys.readouterr().err
        assert begun.exists()
    assert sign2gpt("bulk", "demo", videos / "0", "out", "--workers", 1) == 0


class Replaced(Features):
    """Features of a run that somebody replaces as soon as it is known by what they are made."""

    def made_by(self, translator: Translator) -> dict[str, Any]:
        made_by = super().made_by(translator)
        with (translator.run.folder / "recipe.yaml").open("a") as file:
            file.write("\n")
        return made_by


def test_a_run_that_is_replaced_meanwhile_is_an_error(world: Path, tmp_path: Path) -> None:
    shutil.copytree(world / "pretrain", tmp_path / "run")
    (tmp_path / "run" / "SHA256SUMS").unlink()
    with pytest.raises(UserError, match="was replaced meanwhile"):
        make_files(BulkJob(str(tmp_path / "run"), "cpu", Replaced(), tmp_path / "out"), {"a": shipped_examples()[0]}, 1)
    assert not list((tmp_path / "out").glob("a*"))


def test_the_caller_keeps_its_threads(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        make_files(BulkJob("demo", "cpu", Features(), tmp_path / "out"), {"a": shipped_examples()[0]}, 1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["bulk", "demo", "videos", "made", "--set", "beams=1"], "made with other settings"),
        (["features", "demo", "videos", "made"], "made with other settings"),
        (["features", "demo", "videos", "videos"], "contains something else"),
        (["features", "demo", "made", "out"], "no videos here"),
        (["features", "demo", "absent", "out"], "absent: no such folder"),
        (["bulk", "demo", "s3://bucket/videos", "out"], "s3://bucket/videos: is an address"),
        (["bulk", "demo", "videos", "s3://bucket/out"], "s3://bucket/out: is an address"),
        (["bulk", "demo", "videos/0", "out", "--set", "beams=0"], "beams"),
        (["bulk", "{world}/pretrain", "videos", "out"], "pretraining run"),
        (["features", "demo", "videos/bad", "out", "--workers", "1"], "cannot be read|damaged"),
        (["features", "demo", "videos", "out", "--engine", "ray"], r"sign2gpt\[ray\]"),
        (["synth", "demo", "out", "--engine", "ray", "--workers", "2"], "leave it out"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_mistake_is_one_line(
    words: list[str],
    expected: str,
    sign2gpt: Command,
    world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    (tmp_path / "videos" / "bad").mkdir(parents=True)
    (tmp_path / "videos" / "bad" / "clip.mp4").write_bytes(b"no video")
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "made_by.json").write_text("{}")
    (tmp_path / "videos" / "0").mkdir()
    shutil.copy(next(iter(shipped_examples())), tmp_path / "videos" / "0")
    assert sign2gpt(*(word.format(world=world) for word in words)) == 2
    errors = capfd.readouterr().err.splitlines()
    assert len([line for line in errors if line.startswith("error: ")]) == 1
    assert re.search(expected, errors[-1])
    assert not (tmp_path / "out" / "made_by.json").exists() or "bad" in str(words)
