"""The translator: every form of a clip, each with the same result alone as in company."""

from __future__ import annotations

import io
import os
import shutil
import weakref
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from worlds import COLOURS, SIZE, colours

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.inference.clip_reader import CLIPS
from sign2gpt.inference.translation import Translation
from sign2gpt.inference.translator import Translator, device_called, shipped_examples
from sign2gpt.model.decoding.generation import generate
from sign2gpt.model.runs.shipped import shipped_run
from sign2gpt.systems.sign2gpt.model import Sign2GPT
from sign2gpt.training.losses import sentence_loss
from sign2gpt.video.encode import write_clip

WORDS = ["rot", "blau", "grün"]


class Pathlike(os.PathLike[str]):
    """What names a path and is no `Path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


@pytest.fixture(scope="module")
def translator(world: Path) -> Translator:
    return Translator.from_pretrained(world / "translate", "cpu")


@pytest.fixture(scope="module")
def pretrained(world: Path) -> Translator:
    return Translator.from_pretrained(world / "pretrain", "cpu")


@pytest.fixture(scope="module")
def watching(translator: Translator) -> Sign2GPT:
    """The run's model with its gates wide open, so that every sentence depends on its clip."""
    model = deepcopy(translator.reader.model)
    for name, parameter in model.named_parameters():
        if name.endswith(".gate"):
            parameter.data.fill_(0.9)
    return model


@pytest.fixture
def frames() -> np.ndarray:
    return np.stack(list(colours(WORDS)))


def assert_same(found: Translation, expected: Translation) -> None:
    assert found.text == expected.text
    assert found.log_probability == pytest.approx(expected.log_probability, abs=1e-5)
    assert found.pseudo_glosses is not None
    assert expected.pseudo_glosses is not None
    for one, other in zip(found.pseudo_glosses, expected.pseudo_glosses, strict=True):
        assert (one.gloss, one.start_s, one.end_s) == (other.gloss, other.start_s, other.end_s)
        assert one.score == pytest.approx(other.score, abs=2e-4)


def test_every_form_of_a_clip_gives_the_same_sentence(translator: Translator, frames: np.ndarray, tmp_path: Path):
    expected = translator.translate(frames)
    assert len(expected.text.split()) >= 1
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(tmp_path / "clip.gif", save_all=True, append_images=images[1:], duration=40)
    (tmp_path / "folder").mkdir()
    for number, image in enumerate(images):
        image.save(tmp_path / "folder" / f"{number}.png")
    forms = [torch.from_numpy(frames), tmp_path / "clip.gif", str(tmp_path / "folder")]
    for form in forms:
        assert_same(translator.translate(form), expected)
    for found in translator.translate([frames, *forms]):
        assert_same(found, expected)


def test_a_translation_names_its_video_and_tells_its_times(translator: Translator, frames: np.ndarray, tmp_path: Path):
    write_clip(tmp_path / "clip.mp4", frames, 25)
    found = translator.translate(tmp_path / "clip.mp4").to_json()
    assert found["id"] == str(tmp_path / "clip.mp4")
    assert set(found["timings"]) == {"read_s", "encode_s", "decode_s", "localise_s", "judge_s"}
    assert found["log_probability"] < 0
    assert all(0 <= gloss["start_s"] < gloss["end_s"] <= 0.48 for gloss in found["pseudo_glosses"])
    assert [other["log_probability"] for other in found["alternatives"]] < [0.0]


def test_more_videos_than_a_batch_keep_their_order(translator: Translator, world: Path):
    paths = sorted((world / "corpus" / "train").glob("*.mp4"))[: CLIPS + 1]
    found = translator.translate(paths)
    assert [translation.id for translation in found] == [str(path) for path in paths]
    assert_same(found[-1], translator.translate(paths[-1]))
    assert translator.translate([]) == []


def test_a_stored_clip_is_translated_as_its_file_is(translator: Translator, world: Path):
    rows = Corpus.open(world / "corpus").rows("dev")
    told: list[int] = []
    for row, found in zip(rows, translator.translate_rows(rows, batch=3, progress=told.append), strict=True):
        assert found.id == row.id
        assert_same(found, translator.translate(row.path))
    assert told == [3, 1]


@settings(max_examples=20)
@given(lengths=st.lists(st.integers(1, 21), min_size=2, max_size=5), seed=st.integers(0, 99), data=st.data())
def test_a_clip_alone_and_in_any_batch_is_the_same(
    translator: Translator, watching: Sign2GPT, lengths: list[int], seed: int, data: st.DataObject
):
    decoder, tokenizer = watching.decoder, translator.reader.model.tokenizer
    assert decoder is not None
    assert tokenizer is not None
    pixels = torch.Generator().manual_seed(seed)
    clips = [torch.randint(256, (n, 3, SIZE, SIZE), dtype=torch.uint8, generator=pixels) for n in lengths]
    sentences = data.draw(st.lists(st.lists(st.sampled_from([*COLOURS]), max_size=4).map(" ".join), min_size=5))
    texts = sentences[: len(clips)]

    def results(clips: list[torch.Tensor], texts: list[str]) -> tuple[list[torch.Tensor], list[float], list[list[int]]]:
        z, tokens = watching.encode(torch.cat(clips), torch.tensor([len(clip) for clip in clips]))
        ids, labels = tokenizer.encode(texts)
        memory = decoder.remember(z, tokens)
        losses = sentence_loss(decoder.predict, decoder.hidden(ids, memory), labels, 0.1, new_tokens=None)
        found = generate(decoder, memory, translator.decoding())
        return list(z.split(tokens.tolist())), losses.tolist(), [best.ids for best, *_ in found]

    with torch.inference_mode():
        features, losses, ids = results(clips, texts)
        for at, (clip, text) in enumerate(zip(clips, texts, strict=True)):
            alone = results([clip], [text])
            torch.testing.assert_close(features[at], alone[0][0], atol=1e-5, rtol=0)
            assert losses[at] == pytest.approx(alone[1][0], abs=1e-5)
            assert ids[at] == alone[2][0]


def test_files_in_memory_give_the_same_sentence(translator: Translator, frames: np.ndarray, tmp_path: Path):
    write_clip(tmp_path / "clip.mp4", frames, 25)
    content = (tmp_path / "clip.mp4").read_bytes()
    expected = translator.translate(tmp_path / "clip.mp4")
    forms = [content, bytearray(content), memoryview(content), io.BytesIO(content), Pathlike(tmp_path / "clip.mp4")]
    for form in forms:
        assert_same(translator.translate(form), expected)
    with (tmp_path / "clip.mp4").open("rb") as file:
        found = translator.translate(file)
        assert_same(found, expected)
        assert found.id == str(tmp_path / "clip.mp4")
        with pytest.raises(UserError, match=r"clip\.mp4: nothing to read; .* or was read before"):
            translator.translate(file)
    assert_same(translator.translate([content, tmp_path / "clip.mp4"])[0], expected)
    assert [found.id for found in translator.translate(tmp_path.glob("*.mp4"))] == [str(tmp_path / "clip.mp4")]
    np.testing.assert_array_equal(translator.features(content), translator.features(str(tmp_path / "clip.mp4")))


def test_a_home_folder_is_expanded(
    translator: Translator, frames: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_clip(tmp_path / "clip.mp4", frames, 25)
    shutil.copytree(translator.run.folder, tmp_path / "run")
    assert_same(
        Translator.from_pretrained("~/run", "cpu").translate("~/clip.mp4"), translator.translate(tmp_path / "clip.mp4")
    )


@pytest.mark.parametrize(
    "wrong",
    [None, 3, {"video": "a"}, io.StringIO("a"), b"", "", "a\0b", "https://a.b/c.mp4", b"no video", object()],
    ids=lambda wrong: str(wrong).split(" at 0x")[0],  # an address differs between processes
)
def test_what_is_no_video_is_told(translator: Translator, wrong: Any):
    for ask in (translator.translate, translator.localize, translator.features):
        with pytest.raises(UserError):
            ask(wrong)


def test_images_and_frames_one_by_one_are_pointed_to_what_takes_them(translator: Translator, frames: np.ndarray):
    image = Image.fromarray(frames[0])
    for wrong in (image, [image], list(frames), iter(frames), (frame for frame in frames)):
        with pytest.raises(UserError, match=r"frames as one array \(T, H, W, 3\) uint8 RGB.*`stream` takes frames"):
            translator.translate(wrong)
    for wrong in ([image], [None], [torch.zeros(8, 8, 3)]):
        with pytest.raises(UserError, match="frames must be uint8 arrays"):
            list(translator.stream(wrong))
    for wrong in ("clip.mp4", None, 3):
        with pytest.raises(UserError, match="is not an iterable of frames"):
            translator.stream(wrong)
    *_, last = translator.stream(iter(torch.from_numpy(frames)))
    assert_same(last, translator.translate(frames))


@pytest.mark.parametrize(
    "rate", [0, -1, float("inf"), float("nan"), "25", True, 10**400], ids=lambda rate: str(rate)[:4]
)
def test_a_rate_that_is_none_is_told(translator: Translator, frames: np.ndarray, rate: Any):
    for ask in (translator.translate, translator.stream, translator.localize, translator.features):
        with pytest.raises(UserError, match="frame_rate must be "):
            ask(frames, frame_rate=rate)
    with pytest.raises(UserError, match="every_s must be "):
        translator.stream(frames, every_s=rate)
    with pytest.raises(UserError, match="longest_s must be "):
        Translator(translator.run, longest_s=rate)


def test_frames_without_pixels_are_no_clip(translator: Translator, frames: np.ndarray):
    for empty in (frames[:, :0], frames[:, :, :0]):
        with pytest.raises(UserError, match="T, H, W > 0"):
            translator.translate(empty)
        with pytest.raises(UserError, match="H, W > 0"):
            list(translator.stream(empty))
    with pytest.raises(UserError, match=r"frames must be \(T, H, W, 3\)"):
        translator.translate(np.array(3, np.uint8))


def test_a_closed_translator_frees_its_model(world: Path, frames: np.ndarray):
    with Translator.from_pretrained(world / "translate", "cpu") as translator:
        assert translator.translate(frames).text
        model = weakref.ref(translator.reader.model)
    assert model() is None
    for ask in (translator.translate, translator.stream, translator.localize, translator.features):
        with pytest.raises(UserError, match="was closed"):
            ask(frames)
    translator.close()


def test_frames_at_another_rate_are_brought_to_the_runs(translator: Translator, frames: np.ndarray):
    assert_same(translator.translate(np.repeat(frames, 2, axis=0), frame_rate=50), translator.translate(frames))
    with pytest.raises(UserError, match="frame_rate must be over 0"):
        translator.translate(frames, frame_rate=0)


def test_a_long_video_is_refused(translator: Translator, frames: np.ndarray, tmp_path: Path):
    short = Translator(translator.run, longest_s=0.4)
    write_clip(tmp_path / "long.mp4", frames, 25)
    with pytest.raises(UserError, match=r"long\.mp4: longer than 0\.4 s"):
        short.translate(tmp_path / "long.mp4")
    with pytest.raises(UserError, match=r"12 frames at 25 per second are longer than 0\.4 s"):
        short.translate(frames)
    assert short.translate(frames[:10]).text


def test_what_is_no_clip_is_refused(translator: Translator, frames: np.ndarray):
    for wrong in (frames[0], frames[:0], frames.astype(np.float32), frames.transpose(0, 3, 1, 2)):
        with pytest.raises(UserError, match=r"frames must be \(T, H, W, 3\) uint8"):
            translator.translate(wrong)


def test_a_pretraining_run_localises_and_does_not_translate(pretrained: Translator, frames: np.ndarray, world: Path):
    found, shown = pretrained.localize(frames)
    assert found.presence.shape == (6, 5)
    assert (found.seconds_per_token, found.duration_s) == (0.08, 0.48)
    assert shown.shape == (12, SIZE, SIZE, 3)
    rows = Corpus.open(world / "corpus").rows("dev")
    for attempt in (
        lambda: pretrained.translate(frames),
        lambda: pretrained.translate_rows(rows),
        pretrained.text_only,
    ):
        with pytest.raises(UserError, match="pretrain: is a pretraining run"):
            attempt()


def test_a_run_without_a_head_has_no_pseudo_glosses(translator: Translator, frames: np.ndarray):
    headless = Translator(replace(translator.run, about=replace(translator.run.about, glosses=None)))
    assert headless.translate(frames).pseudo_glosses is None
    with pytest.raises(UserError, match="has no pretraining head"):
        headless.localize(frames)


def test_the_encoder_that_was_kept_for_it_localises(translator: Translator, pretrained: Translator, frames: np.ndarray):
    kept = Translator(replace(translator.run, localizer=pretrained.run.model))
    found, expected = kept.translate(frames), translator.translate(frames)
    assert (found.text, found.log_probability) == (expected.text, expected.log_probability)
    threshold = translator.run.config.prototypes.place_threshold
    assert found.pseudo_glosses == pretrained.localize(frames)[0].placed(threshold)
    np.testing.assert_array_equal(kept.localize(frames)[0].presence, pretrained.localize(frames)[0].presence)


def test_without_video_the_sentence_is_the_language_models_own(translator: Translator, frames: np.ndarray):
    alone = translator.text_only()
    assert set(alone.split()) <= set(COLOURS)
    assert translator.text_only() == alone


def test_demo_is_the_model_that_comes_along_and_a_folder_is_named_by_its_path(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(world / "translate", tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    assert Translator.from_pretrained("./demo", "cpu").run.recipe["name"] == "colours"
    try:
        shipped = shipped_run()
    except UserError as error:
        pytest.skip(str(error))
    assert Translator.from_pretrained("demo", "cpu").run.folder == shipped
    assert len(shipped_examples()) == 3


def test_a_device_that_is_not_there_is_told():
    assert device_called("cpu") == torch.device("cpu")
    for name in ("gpu", "cuda:99", "cpu:x"):
        with pytest.raises(UserError, match=f"no device {name} here; use cpu"):
            device_called(name)
