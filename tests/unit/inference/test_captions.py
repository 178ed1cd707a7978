"""Captions: what is said of a long video, and how it reads back from files."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from recordings import record

from sign2gpt.common.errors import UserError
from sign2gpt.inference.captions.captions import Caption, caption_video, usual_segmentation
from sign2gpt.inference.captions.files import DOUBT, write_captions
from sign2gpt.inference.captions.segments import Segmentation, segments
from sign2gpt.inference.translation import PlacedGloss
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.inference.trust import Reason, Trust
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.long import sign_scripts
from sign2gpt.video.decode import iter_frames, probe
from sign2gpt.video.encode import write_clip

OUTSIDE = Trust(False, [Reason("log_probability", "unsure", -2.0, -1.0)], {"log_probability": -2.0})
HOSTILE = 'regen & <i>wind</i> --> "süden"'
CAPTIONS = [
    Caption(0.25, 1.5, "am tag regen", -1.0, [PlacedGloss("regen", 0.5, 0.9, 0.8)], score=-0.25),
    Caption(59.9996, 3661.25, HOSTILE, -2.0, [], score=-0.25),
    Caption(4000.0, 4001.0, "天气\n\nzwei", -3.0, None, OUTSIDE, score=-0.5),
]
SAID = ["am tag regen", HOSTILE, f"{DOUBT}天气 zwei"]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.from_pretrained("demo", "cpu")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sentences of the signer, in a file whose name needs care."""
    path = tmp_path_factory.mktemp("videos") / "ä 'b' & <c>.mp4"
    config = SigningConfig(train=3, dev=1, test=1, test_unseen_signer=0, tempo=1.3)
    frames, _ = sign_scripts(scripts(config)["train"], signers(0, 2)[1], config, seed=1, rest_s=0.4)
    write_clip(path, frames, 25)
    return path


def test_a_caption_is_the_translation_of_its_stretch(translator: Translator, video: Path):
    found = list(caption_video(translator, video, beams=1))
    frames = iter_frames(video, frame_rate=translator.frame_rate, size=translator.stored_size)
    pieces = list(segments(frames, translator.frame_rate, usual_segmentation(translator)))
    assert len(found) == len(pieces) == 3
    for caption, piece in zip(found, pieces, strict=True):
        expected = translator.translate(piece.frames, beams=1)
        assert caption.text == expected.text
        assert caption.log_probability == pytest.approx(expected.log_probability, abs=1e-5)
        assert (caption.start_s, caption.end_s) == (pytest.approx(piece.start_s), pytest.approx(piece.end_s))
        assert caption.pseudo_glosses is not None
        assert all(caption.start_s <= g.start_s < g.end_s <= caption.end_s + 1e-3 for g in caption.pseudo_glosses)


def test_a_damaged_video_is_an_error(translator: Translator, video: Path, tmp_path: Path):
    broken = tmp_path / "broken.mkv"
    write_clip(broken, iter_frames(video, frame_rate=None, size=None), 25)
    found, short = list[Caption](), Segmentation(longest_s=1.5)
    whole = list(caption_video(translator, broken, short))
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size * 4 // 5])
    with pytest.raises(UserError, match=r"broken\.mkv"):
        found.extend(caption_video(translator, broken, short))
    assert len(found) >= 2  # those before the damage are there
    known = [caption.text for caption in whole]
    assert [caption.text for caption in found[:-1]] == known[: len(found) - 1], "the damage may cut the last one"


def test_webvtt_reads_back(tmp_path: Path, video: Path):
    write_captions(tmp_path / "out.vtt", CAPTIONS, video)
    head, *cues = (tmp_path / "out.vtt").read_text(encoding="utf-8").strip().split("\n\n")
    assert head == "WEBVTT"
    times = [re.fullmatch(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", cue.split("\n")[0]) for cue in cues]
    assert [time and time.groups() for time in times] == [
        ("00:00:00.250", "00:00:01.500"),
        ("00:01:00.000", "01:01:01.250"),
        ("01:06:40.000", "01:06:41.000"),
    ]
    texts = [cue.split("\n", 1)[1] for cue in cues]
    assert [html.unescape(text) for text in texts] == SAID
    assert all("<" not in text and "-->" not in text for text in texts)


def test_subrip_reads_back(tmp_path: Path, video: Path):
    write_captions(tmp_path / "out.SRT", CAPTIONS, video)
    blocks = (tmp_path / "out.SRT").read_text(encoding="utf-8").strip().split("\n\n")
    numbers, times, texts = zip(*(block.split("\n") for block in blocks), strict=True)
    assert numbers == ("1", "2", "3")
    assert times[0] == "00:00:00,250 --> 00:00:01,500"
    assert texts == (SAID[0], 'regen & < i>wind< /i> → "süden"', SAID[2])


def test_elan_reads_back(tmp_path: Path, video: Path):
    write_captions(tmp_path / "out.eaf", CAPTIONS, video)
    root = ElementTree.parse(tmp_path / "out.eaf").getroot()
    tiers = {
        tier.attrib["TIER_ID"]: [value.text for value in tier.iter("ANNOTATION_VALUE")] for tier in root.iter("TIER")
    }
    assert tiers == {
        "sentences": [caption.text for caption in CAPTIONS],
        "pseudo-glosses": ["regen"],
        "doubts": [OUTSIDE.describe()],
    }
    media = root.find("HEADER/MEDIA_DESCRIPTOR")
    assert media is not None
    assert media.attrib["RELATIVE_MEDIA_URL"].endswith(f"/{video.name}")


def test_json_holds_all_that_is_known(tmp_path: Path, video: Path):
    write_captions(tmp_path / "out.json", CAPTIONS, video)
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert found["video"] == str(video)
    assert found["captions"] == [json.loads(json.dumps(caption.to_json())) for caption in CAPTIONS]
    assert found["captions"][2]["trust"]["reasons"][0]["key"] == "log_probability"


@pytest.mark.parametrize("name", ["out.txt", "out", "out.vtt.gz"])
def test_an_ending_that_nobody_writes_is_one_line(tmp_path: Path, video: Path, name: str):
    with pytest.raises(UserError, match=r"use \.vtt, \.srt, \.eaf, \.json, \.mp4"):
        write_captions(tmp_path / name, CAPTIONS, video)


def test_no_captions_are_a_file_all_the_same(tmp_path: Path, video: Path):
    for kind in ("vtt", "srt", "eaf", "json"):
        write_captions(tmp_path / f"none.{kind}", [], video)
    assert (tmp_path / "none.vtt").read_text() == "WEBVTT\n"
    assert (tmp_path / "none.srt").read_text() == ""


def test_a_bundled_example_is_one_sentence_as_on_the_page(translator: Translator):
    for example in shipped_examples():
        (found,) = caption_video(translator, example)
        alone = translator.translate(example)
        assert (found.text, found.start_s) == (alone.text, 0.0)
        assert found.end_s == pytest.approx(probe(example).duration_s)
    cut = list(caption_video(translator, shipped_examples()[0], usual_segmentation(translator)))
    assert len(cut) == 2, "who asks for cuts gets them"


def test_a_short_video_in_which_nothing_moves_has_no_sentence(translator: Translator, tmp_path: Path):
    write_clip(tmp_path / "still.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 50, 25)
    assert list(caption_video(translator, tmp_path / "still.mp4")) == []


def test_times_are_those_of_the_player(translator: Translator, video: Path, tmp_path: Path):
    frames = list(iter_frames(video, frame_rate=25, size=None))
    times_s = np.arange(len(frames)) / 25
    late = record(tmp_path / "late.mp4", frames, times_s + 3, sound_s=(0, 3 + times_s[-1]))
    plain = record(tmp_path / "plain.mp4", frames, times_s)
    pairs = list(zip(caption_video(translator, plain), caption_video(translator, late), strict=True))
    assert len(pairs) == 3
    for one, other in pairs:
        assert (other.text, other.log_probability) == (one.text, pytest.approx(one.log_probability, abs=1e-3))
        assert (other.start_s, other.end_s) == (pytest.approx(one.start_s + 3), pytest.approx(one.end_s + 3))
        assert one.pseudo_glosses == [gloss.later(-3) for gloss in other.pseudo_glosses or []]
    placed = translator.translate(plain, beams=1).pseudo_glosses
    assert placed
    assert translator.translate(late, beams=1).pseudo_glosses == [gloss.later(3) for gloss in placed]
    found = [translator.localize(path)[0].placed(0.1) for path in (plain, late)]
    assert found[1] == [gloss.later(3) for gloss in found[0]]


def test_what_is_there_around_a_gap_is_captioned(translator: Translator, video: Path, tmp_path: Path):
    frames = list(iter_frames(video, frame_rate=25, size=None))
    times_s = np.arange(len(frames)) / 25
    path = record(tmp_path / "off.mkv", [*frames, *frames], [*times_s, *(times_s + 600)])
    found = list(caption_video(translator, path))
    assert [round(one.start_s, 1) for one in found[3:]] == [round(one.start_s + 600, 1) for one in found[:3]]
    assert len(found) == 6


@pytest.mark.parametrize("name", ["out.vtt", "out.srt"])
def test_control_characters_and_lines_break_no_subtitle(tmp_path: Path, video: Path, name: str):
    hostile = "eins\n\n2\n00:00:01,000 --> 00:00:09,000\r\x1b[2Jzwei\u2028\x85\u202edrei\x00"
    write_captions(tmp_path / name, [Caption(0.0, 1.0, hostile, -1.0, score=-1.0)], video)
    text = (tmp_path / name).read_bytes().decode()
    cues = [block for block in text.strip().split("\n\n") if block != "WEBVTT"]
    assert len(cues) == 1
    assert text.count("-->") == 1, "the times' own"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
