from __future__ import annotations

from pathlib import Path

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.systems.sign2gpt.config import TranslationConfig
from sign2gpt.training.claim import State, begin, differences, finish, look
from sign2gpt.video.config import FramesConfig

IDENTITY = {"stage": "train", "train": {"epochs": 5, "rate": 0.1}}


def test_a_folder_is_new_then_begun_then_finished(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run"
    assert look(folder, IDENTITY, {}) is State.NEW
    assert not folder.exists()
    assert begin(folder, IDENTITY, {}) is State.NEW
    assert begin(folder, IDENTITY, {}) is State.BEGUN
    finish(folder, IDENTITY)
    assert begin(folder, IDENTITY, {}) is State.FINISHED


def test_a_changed_recipe_is_refused_with_its_keys(tmp_path: Path) -> None:
    begin(tmp_path / "run", IDENTITY, {})
    with pytest.raises(UserError, match=r"train\.epochs 5 -> 6"):
        begin(tmp_path / "run", {"stage": "train", "train": {"epochs": 6, "rate": 0.1}}, {})


def test_a_training_begun_before_a_key_existed_goes_on_where_the_key_is_at_its_default(tmp_path: Path) -> None:
    config = TranslationConfig(output=str(tmp_path))
    sections = {"frames": FramesConfig().model_dump(mode="json"), "train": config.model_dump(mode="json")}
    usual = {"frames": FramesConfig().model_dump(mode="json"), "train": TranslationConfig().model_dump(mode="json")}
    older = {"frames": {**sections["frames"]}, "train": {**sections["train"]}}
    del older["frames"]["augment_on"], older["train"]["rates"]["gates"]
    begin(tmp_path / "run", older, usual)
    assert begin(tmp_path / "run", sections, usual) is State.BEGUN
    sections["frames"]["augment_on"] = "gpu"
    with pytest.raises(UserError, match=r"frames\.augment_on cpu -> gpu"):
        begin(tmp_path / "run", sections, usual)


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="no training of ours"):
        begin(tmp_path, IDENTITY, {})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_differences_name_keys_that_came_and_went() -> None:
    told = differences({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 1, "e": 4}, "d": [3]})
    assert told == ["a.c 2 -> None", "a.e None -> 4", "d 3 -> [3]"]
