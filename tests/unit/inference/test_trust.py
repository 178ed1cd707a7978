"""When a clip lies outside of what a run was trained on: what is measured, what is usual, what is said."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import SIZE, colours

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.inference.calibrate import calibrate, usual
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.inference.trust import SIGNALS, crude_bound, judged
from sign2gpt.model.runs.calibration import Calibration
from sign2gpt.model.runs.run import TRUST, read_calibration, write_calibration

NOTHING = Calibration({}, "dev", 4, 0.0)
COLOURS = np.array(
    [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255)]
)
BARS = COLOURS.astype(np.uint8).repeat(16, axis=0)[None, None].repeat(112, axis=1).repeat(75, axis=0)
STRANGE = [BARS, np.zeros_like(BARS)]
"""A test picture and a black clip, of three seconds."""


@pytest.fixture(scope="module")
def translator(world: Path) -> Translator:
    """A run that measures its clips, its gates wide open."""
    found = Translator.from_pretrained(world / "translate", "cpu")
    model = deepcopy(found.run.model)
    for name, parameter in model.named_parameters():
        if name.endswith(".gate"):
            parameter.data.fill_(0.9)
    return Translator(replace(found.run, model=model, calibration=NOTHING))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=30), st.floats(0.02, 0.5))
def test_no_more_false_alarms_than_allowed(rows: list[tuple[int, int]], rate: float):
    clips = [{"a": float(a), "b": float(b)} for a, b in rows]
    least = usual(clips, rate)
    below = [any(clip[name] < least[name] for name in least) for clip in clips]
    assert sum(below) <= rate * len(clips)


def test_limits_are_as_high_as_the_alarms_allow():
    clips = [{"a": float(number), "b": 1.0} for number in range(100)]
    assert usual(clips, 0.05) == {"a": 5.0, "b": 1.0}


def test_a_signal_below_what_is_usual_is_a_reason():
    calibration = Calibration({"log_probability": -1.0, "resemblance": 0.2}, "dev", 100, 0.05)
    inside = judged({"log_probability": -1.0, "resemblance": 0.3, "video_share": 0.0}, calibration)
    assert inside.inside
    assert inside.reasons == []
    outside = judged({"log_probability": -1.5, "video_share": 0.0}, calibration)
    assert [(reason.key, reason.value, reason.limit) for reason in outside.reasons] == [("log_probability", -1.5, -1.0)]
    assert SIGNALS["log_probability"] in outside.describe()


def test_signals_are_the_same_alone_as_in_company(translator: Translator):
    clips = [np.stack(list(colours(words))) for words in (["rot", "blau"], ["grün", "gelb", "hell"], ["rot"])]
    for clip, found in zip(clips, translator.translate(clips), strict=True):
        alone = translator.translate(clip).trust
        assert alone is not None
        assert found.trust is not None
        assert set(alone.values) == set(SIGNALS)
        assert found.trust.values == pytest.approx(alone.values, abs=2e-5)


def test_clips_are_remembered_once(translator: Translator):
    clips = [np.stack(list(colours(words))) for words in (["rot", "blau"], ["grün"])]
    remembered: list[None] = []
    hook = translator.reader.model.language_model.memory.register_forward_hook(lambda *_: remembered.append(None))
    found = translator.translate(clips)
    hook.remove()
    assert all(one.trust is not None for one in found)
    assert len(remembered) == 1


def test_the_videos_share_is_nothing_behind_shut_gates(translator: Translator):
    clip = np.stack(list(colours(["rot", "blau"])))
    open_share = translator.translate(clip).trust
    shut = deepcopy(translator.run.model)
    for name, parameter in shut.named_parameters():
        if name.endswith(".gate"):
            parameter.data.zero_()
    shut_share = Translator(replace(translator.run, model=shut)).translate(clip).trust
    assert open_share is not None
    assert shut_share is not None
    assert 0 < open_share.values["video_share"] < 1
    assert shut_share.values["video_share"] == 0


def test_a_calibration_alarms_as_often_as_it_says(translator: Translator, world: Path):
    rows = Corpus.open(world / "corpus").rows("train")
    found = calibrate(translator, rows, false_alarms=0.25)
    assert set(found.least) == set(SIGNALS)
    done = Translator(replace(translator.run, calibration=found)).translate_rows(rows)
    alarms = [translation.trust is not None and not translation.trust.inside for translation in done]
    assert sum(alarms) / len(rows) == pytest.approx(found.false_alarms, abs=1e-4)
    with pytest.raises(UserError, match=r"^Needs at least 20 train clips; this corpus has 3$"):
        calibrate(translator, rows[:3])


def test_a_run_that_was_not_calibrated_says_so(world: Path):
    run = Translator.from_pretrained(world / "translate", "cpu").run
    clip = np.stack(list(colours(["rot"])))
    for info in ({**run.info, "dev": {"bleu4": 1.0}}, run.info):  # of before training measured it, and of now
        found = Translator(replace(run, about=replace(run.about, info=info))).translate(clip).to_json()["trust"]
        assert (found["calibrated"], found["inside"], found["reasons"]) == (False, None, [])
        assert found["values"].keys() == {"log_probability"}


@pytest.mark.parametrize(("lowest", "limit"), [(-0.8, -1.6), (-0.1, -0.6)])
def test_the_crude_bound_is_far_below_dev(lowest: float, limit: float):
    bound = crude_bound({"dev": {"lowest_log_probability": lowest}})
    assert bound.least == pytest.approx({"log_probability": limit})
    assert judged({"log_probability": limit + 0.01}, bound, calibrated=False).inside is None
    assert not judged({"log_probability": lowest}, bound, calibrated=False).doubt
    doubted = judged({"log_probability": limit - 0.01}, bound, calibrated=False)
    assert (doubted.inside, doubted.doubt, [reason.key for reason in doubted.reasons]) == (
        False,
        True,
        ["log_probability"],
    )
    assert crude_bound({}).least == crude_bound({"dev": {"bleu4": 1.0}}).least == {}


def test_training_measures_its_least_sure_sentence_of_dev(world: Path):
    translator = Translator.from_pretrained(world / "translate", "cpu")
    rows = Corpus.open(world / "corpus").rows("dev")
    found = [done.trust.values["log_probability"] for done in translator.translate_rows(rows) if done.trust]
    assert translator.run.info["dev"]["lowest_log_probability"] == pytest.approx(min(found), abs=2e-5)


def test_of_three_clips_the_shipped_run_knows_a_test_picture_by_the_crude_bound():
    """What a run says that was trained on a corpus with so few dev clips that it cannot be calibrated."""
    shipped = Translator.from_pretrained("demo", "cpu")
    values = [one.trust.values["log_probability"] for one in shipped.translate(shipped_examples()) if one.trust]
    info = {**shipped.run.info, "dev": {"lowest_log_probability": min(values)}}
    crude = Translator(replace(shipped.run, calibration=None, about=replace(shipped.run.about, info=info)))
    for strange in (crude.translate(STRANGE), shipped.translate(STRANGE)):
        assert [one.trust.inside for one in strange if one.trust] == [False, False]
    assert [one.trust.inside for one in crude.translate(shipped_examples()) if one.trust] == [None] * 3


def test_the_file_reads_back_and_damage_is_told(tmp_path: Path):
    assert read_calibration(tmp_path) is None
    calibration = Calibration({"log_probability": -0.8}, "dev", 200, 0.045)
    write_calibration(tmp_path, calibration)
    assert read_calibration(tmp_path) == calibration
    document = json.loads((tmp_path / TRUST).read_text())
    for wrong in ({**document, "format": 2}, {**document, "least": {"log_probability": "much"}}, [], {"format": 1}):
        (tmp_path / TRUST).write_text(json.dumps(wrong))
        with pytest.raises(UserError, match="sign2gpt calibrate"):
            read_calibration(tmp_path)


def test_the_shipped_run_knows_its_world_from_noise():
    translator = Translator.from_pretrained("demo", "cpu")
    random = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (60, SIZE, SIZE, 3), generator=random, dtype=torch.uint8)
    *signed, other = translator.translate([*shipped_examples(), noise])
    assert all(found.trust is not None and found.trust.inside for found in signed)
    assert other.trust is not None
    assert not other.trust.inside
    assert other.to_json()["trust"]["inside"] is False
