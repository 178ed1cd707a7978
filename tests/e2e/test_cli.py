"""The command line from end to end: what reaches stdout, and what a mistake costs."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import forked
import pytest
import torch
from PIL import Image

from sign2gpt.cli.main import GROUPS, main
from sign2gpt.inference.translator import shipped_examples
from sign2gpt.video.decode import iter_frames, probe
from sign2gpt.video.encode import write_clip


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Command = Callable[..., Outcome]


@pytest.fixture
def sign2gpt(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["sign2gpt", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


@pytest.fixture
def clip(world: Path) -> Path:
    return world / "corpus" / "dev" / "dev0.mp4"


def process(folder: Path, *words: object) -> Outcome:
    """Runs a command as a user does."""
    ended = forked.sign2gpt(*words, cwd=folder)
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def test_a_real_clip_is_translated(shared: Path, world: Path, clip: Path, tmp_path: Path):
    videos = [shared / "real" / "dailymoth-0043626.gif", clip]
    found = process(tmp_path, "translate", world / "translate", *videos, "--json")
    assert [translation["id"] for translation in found.document] == [str(video) for video in videos]
    assert all(isinstance(translation["text"], str) for translation in found.document)
    assert found.document[0]["pseudo_glosses"] is not None
    assert "Traceback" not in found.err


def test_a_mistake_is_one_line_on_stderr(world: Path, tmp_path: Path):
    (tmp_path / "text.mp4").write_text("no video\n" * 100)
    found = process(tmp_path, "translate", world / "translate", "text.mp4", "--json")
    assert found.code == 2
    assert f"error: {json.loads(found.out)[0]['error']}\n" == found.err
    assert found.err.startswith("error: text.mp4: ")
    assert found.err.count("\n") == 1


def test_people_get_the_sentence_and_its_pseudo_glosses(sign2gpt: Command, world: Path, clip: Path):
    document = sign2gpt("translate", world / "translate", clip, "--json").document[0]
    shown = sign2gpt("translate", world / "translate", clip).out
    assert document["text"] in shown
    assert f"{document['pseudo_glosses'][0]['gloss']}@" in shown


def test_a_sentence_is_shown_as_it_grows(sign2gpt: Command, world: Path, clip: Path):
    whole = sign2gpt("translate", world / "translate", clip, "--json", "--set", "beams=1").document[0]
    grown = sign2gpt("translate", world / "translate", clip, "--json", "--set", "beams=1", "--stream").document[0]
    assert (grown["text"], grown["final"], grown["alternatives"]) == (whole["text"], True, [])


def test_pseudo_glosses_are_placed_in_every_form(sign2gpt: Command, world: Path, clip: Path, tmp_path: Path):
    words = ("localize", world / "translate", clip, "--threshold", "0.05", "--json", "-o")
    document = sign2gpt(*words, "places.json").document
    assert json.loads((tmp_path / "places.json").read_text(encoding="utf-8")) == document
    assert document["pseudo_glosses"]
    for name in ("places.eaf", "places.png"):
        assert sign2gpt(*words, name).document == document
    spans = ElementTree.parse(tmp_path / "places.eaf").findall(".//ANNOTATION_VALUE")
    assert sorted(str(span.text) for span in spans) == sorted(gloss["gloss"] for gloss in document["pseudo_glosses"])
    with Image.open(tmp_path / "places.png") as picture:
        assert min(picture.size) > 100


@pytest.fixture(scope="module")
def long_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled examples one after the other, with a second of rest between."""
    path = tmp_path_factory.mktemp("long") / "all of it.mp4"
    clips = [list(iter_frames(example, frame_rate=None, size=None)) for example in shipped_examples()]
    write_clip(path, (frame for clip in clips for frame in [*clip, *clip[-1:] * 25]), 25)
    return path


def test_a_long_video_is_captioned_in_every_form(sign2gpt: Command, long_video: Path, tmp_path: Path):
    names = ("out.vtt", "out.srt", "out.eaf", "out.json")
    outputs = [word for name in names for word in ("-o", name)]
    found = sign2gpt("caption", "demo", long_video, "--json", *outputs).document
    alone = [sign2gpt("translate", "demo", example, "--json").document[0] for example in shipped_examples()]
    assert len(found["captions"]) == len(alone)
    assert found["captions"][-1]["text"] == alone[-1]["text"]
    assert all(one["trust"]["inside"] for one in found["captions"])
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == found
    for name in names:
        assert alone[-1]["text"] in (tmp_path / name).read_text(encoding="utf-8")
    shown = sign2gpt("caption", "demo", long_video).out
    assert all(one["text"].split()[0] in shown for one in alone)


def test_captions_are_burnt_in(sign2gpt: Command, long_video: Path, tmp_path: Path):
    found = sign2gpt("caption", "demo", long_video, "-o", "out.mp4")
    if "no font here" in found.err:
        pytest.skip(found.err)
    assert found.code == 0
    assert probe(tmp_path / "out.mp4").duration_s == probe(long_video).duration_s


def test_a_clip_of_another_world_is_not_told_as_fact(sign2gpt: Command, shared: Path, tmp_path: Path):
    real = shared / "real" / "dailymoth-0043626.gif"
    assert "Low confidence" in sign2gpt("translate", "demo", real).out
    assert "Low confidence" not in sign2gpt("translate", "demo").out
    found = sign2gpt("caption", "demo", real, "-o", "out.vtt", "--json").document["captions"]
    assert found
    assert not any(one["trust"]["inside"] for one in found)
    assert (tmp_path / "out.vtt").read_text(encoding="utf-8").count("\n(?) ") == len(found)


def test_a_run_is_calibrated(sign2gpt: Command, world: Path, clip: Path, tmp_path: Path):
    shutil.copytree(world / "translate", tmp_path / "run")
    words = ("calibrate", "run", "--corpus", world / "corpus", "--split", "train")
    told = sign2gpt(*words, "--false-alarms", "0.25", "--json").document
    assert (told["clips"], told["split"]) == (12, "train")
    assert 0 <= told["false_alarms"] <= 0.25
    assert sign2gpt("translate", "run", clip, "--json").document[0]["trust"]["values"].keys() == told["least"].keys()


def test_a_split_is_scored(sign2gpt: Command, world: Path, tmp_path: Path):
    document = sign2gpt("evaluate", world / "translate", "--split", "dev", "-o", "record.json", "--json").document
    assert 0 <= document["scores"]["bleu4"]["low"] <= document["scores"]["bleu4"]["score"] <= 100
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))["scores"] == document["scores"]


def test_a_run_is_compared_with_itself(sign2gpt: Command, world: Path, tmp_path: Path):
    sign2gpt("evaluate", world / "translate", "--split", "dev", "-o", "record.json")
    ended = sign2gpt("compare", "record.json", "again=record.json,record.json", "--format", "json")
    first, again = ended.document["systems"]
    assert (again["runs"], again["scores"]["bleu4"]["mean"]) == (2, first["scores"]["bleu4"]["mean"])
    assert again["differences"]["bleu4"]["p_randomisation"] == 1
    assert "beam 2" in ended.document["protocol_line"]


def test_the_known_score(sign2gpt: Command, shared: Path):
    files = [shared / "metrics" / f"csl-daily.test.{side}.txt" for side in ("hyp", "ref")]
    words = ("score", "--hypotheses", files[0], "--references", files[1], "--protocol", "csl-daily", "--json")
    document = sign2gpt(*words, "--bootstrap", "0").document
    assert (document["bleu4"], document["rouge_l"]) == (15.9927, 45.4867)


def test_table_1b(sign2gpt: Command):
    table = sign2gpt("params", "phoenix14t_translate", "--json").document
    assert table == {
        "spatial": {"total": 22_328_448, "trainable": 271_872},
        "sign_encoder": {"total": 12_613_632, "trainable": 12_613_632},
        "decoder": {"total": 1_736_710_528, "trainable": 3_803_520},
        "total": {"total": 1_771_652_608, "trainable": 16_689_024},
    }


def test_the_help_lists_commands_in_the_order_of_the_work(sign2gpt: Command):
    shown = [found[1] for line in sign2gpt("--help").out.splitlines() if (found := re.match(r"\W+ ([a-z]+) ", line))]
    assert [name for name in shown if name in GROUPS or name in ("check", "glosses", "validate", "train")] == [
        "prepare", "check", "corpus", "glosses", "recipes", "validate", "train", "runs"
    ]  # fmt: skip


def test_a_recipe_is_copied_and_changed(sign2gpt: Command, tmp_path: Path):
    listed = sign2gpt("recipes", "--json").document
    shown = sign2gpt("recipes").out
    assert all(each["name"] in shown for each in listed), "a name that is cut off cannot be typed"
    assert {"demo", "phoenix14t_translate"} <= {recipe["name"] for recipe in listed}
    assert sign2gpt("recipes", "copy", "ablations/phoenix14t_xglm_564m", "mine.yaml").out == "mine.yaml\n"
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("phoenix14t_xglm_564m", "mine"), encoding="utf-8")
    smaller = sign2gpt("params", "mine.yaml", "--json").document["decoder"]["total"]
    assert smaller < sign2gpt("params", "phoenix14t_translate", "--json").document["decoder"]["total"]


def test_a_signed_line_can_be_translated(sign2gpt: Command, world: Path):
    assert sign2gpt("sign", "REGEN MORGEN NORDEN", "out.mp4", "--size", "64").code == 0
    assert sign2gpt("translate", world / "translate", "out.mp4", "--json").document[0]["id"] == "out.mp4"


class Code:
    """What a pickle runs when it is read."""

    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> Any:
        return os.system, (self.command,)


@pytest.fixture(scope="session")
def damaged(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of everything that can be wrong."""
    folder = tmp_path_factory.mktemp("damaged")
    whole = (world / "corpus" / "dev" / "dev0.mp4").read_bytes()
    (folder / "text.mp4").write_text("no video\n" * 100)
    (folder / "empty.mp4").touch()
    (folder / "cut.mp4").write_bytes(whole[: len(whole) * 6 // 10])
    (folder / "images").mkdir()
    (folder / "line.txt").write_text("a b c\n")
    torch.save({"model": {"a": torch.ones(1), "b": Code(f"touch {folder / 'ran'}")}}, folder / "code.pt")
    shutil.copytree(world / "pretrain", folder / "pretrain")
    for name in ("newer", "code", "cut"):
        shutil.copytree(world / "translate", folder / name)
        (folder / name / "SHA256SUMS").unlink()  # as in older runs
    about = json.loads((folder / "newer" / "run.json").read_text())
    (folder / "newer" / "run.json").write_text(json.dumps(about | {"format": 99}))
    shutil.copytree(world / "translate", folder / "flipped")
    content = bytearray((folder / "flipped" / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "flipped" / "model.safetensors").write_bytes(content)
    shutil.copy(folder / "code.pt", folder / "code" / "model.safetensors")
    weights = folder / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    (folder / "source").mkdir()
    (folder / "source" / "train.tsv").write_text("id\tvideo\ttext\n../x\t../text.mp4\thallo\ny\tnone.mp4\twelt\n")
    (folder / "recipe.yaml").write_text("name: mine\nmodel: {windw: 9}\ntrain: {epohcs: 3}\n")
    return folder


MISTAKES = {
    "translate RUN text.mp4": "text.mp4: damaged, or no video",
    "translate RUN empty.mp4": "empty.mp4: the video file is empty",
    "translate RUN cut.mp4": "cut.mp4: ",
    "translate RUN absent.mp4": "absent.mp4: no such video file",
    "translate RUN images": "images: no images in this folder",
    "translate RUN CLIP --device gpu": "no device gpu here; use cpu or auto",
    "translate absent CLIP": "absent: no such folder; a run is a folder that",
    "translate source CLIP": "source: holds no finished run",
    "translate newer CLIP": "newer: format 99 is newer than 2",
    "translate code CLIP": "code/model.safetensors: ",
    "translate cut CLIP": "cut/model.safetensors: ",
    "translate flipped CLIP": "flipped: model.safetensors differs from SHA256SUMS, so it is damaged or was edited",
    "translate pretrain CLIP": "pretrain: is a pretraining run",
    "localize RUN cut.mp4 -o out.png": "cut.mp4: ",
    "localize RUN CLIP -o out.docx": "out.docx: cannot write .docx; use .png",
    "evaluate RUN -o .": "is a folder; name a file in it",
    "report RUN -o .": "is a folder; name a file in it",
    "caption RUN CLIP -o out.vtt -o out.docx": "out.docx: cannot write captions as .docx; use .vtt",
    "caption RUN cut.mp4 -o out.vtt": "cut.mp4: ",
    "caption RUN text.mp4 -o text.mp4": "text.mp4: is the video itself",
    "caption RUN CLIP --rest 0": "cannot cut at rests of 0 s",
    "caption pretrain CLIP -o out.vtt": "pretrain: is a pretraining run",
    "calibrate RUN": "Needs at least 20 dev clips; this corpus has 4",
    "convert code.pt out": "code.pt: holds code (posix.system), which is never run",
    "convert absent.pt out": "absent.pt: no such file",
    "convert text.mp4 out": "text.mp4: ",
    "evaluate RUN --split tset -o out.json": "no split tset (known: dev, train)",
    "evaluate RUN --corpus absent": "absent: no corpus here",
    "compare absent.json absent.json": "absent.json: no such run or results file",
    "score --hypotheses absent --references line.txt --protocol plain": "absent: no such file",
    "params phoenix14t_translat": "did you mean 'phoenix14t_translate'?",
    "recipes copy demo line.txt": "line.txt already exists",
    "pretrain recipe.yaml": "unknown key model.windw (did you mean 'window'?",
    "train recipe.yaml": "unknown key train.epohcs (did you mean 'epochs'?",
    "train demo --set data.corpus=absent": "absent: no corpus here",
    "train demo --init demo --set model.width=64": "assets/demo has 160",
    "profile demo --stage pretrain --random --frames 100000000": "memory ran out; use a smaller batch",
    "prepare folder source out --language de": "train.tsv:2: video ../text.mp4 leaves source",
    "check absent": "absent: no corpus here",
    "synth phoenix14t_translate out": "no section signing",
    "sign REGEN out.txt": "out.txt: name a video",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_told_and_writes_nothing(
    words: str, sign2gpt: Command, damaged: Path, world: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(damaged)
    before = contents(damaged)
    places = {"RUN": world / "translate", "CLIP": clip}
    found = sign2gpt(*(places.get(word, word) for word in words.split()))
    assert (found.code, found.out) == (2, "")
    assert MISTAKES[words] in found.err
    assert found.err.startswith("error: ")
    assert all(line.startswith("  - ") for line in found.err.splitlines()[1:])
    assert contents(damaged) == before


def contents(folder: Path) -> dict[str, int]:
    """Every path under ``folder`` with the time it was changed."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}
