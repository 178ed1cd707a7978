"""Paths that programs and recipes name: any path-like, with the home folder that no shell has put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from worlds import recipe, write_recipe

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import user_path
from sign2gpt.data.corpus import Corpus
from sign2gpt.recipe import load


class Pathlike:
    def __init__(self, path: str) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return self.path


def test_the_home_folder_is_put_in_everywhere(world: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(world))
    for place in ("~/corpus", Pathlike("~/corpus"), str(world / "corpus"), world / "corpus"):
        assert Corpus.open(place).rows("dev")
    (tmp_path / "made").mkdir()
    path = write_recipe(world, f"pretrain.output={tmp_path}/out")
    for place in ("~/recipe.yaml", Pathlike("~/recipe.yaml"), path):
        loaded = load(place, ["data.corpus=~/corpus", "train.init=~/pretrain", "model.spatial.weights=~/a.pth"])
        assert (loaded.data.corpus, loaded.train.init) == (f"{world}/corpus", f"{world}/pretrain")
        assert loaded.model.spatial.weights == f"{world}/a.pth"
    assert recipe(world, "data.corpus=a~b/~c").data.corpus == "a~b/~c"
    path.unlink()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("", "is empty"),
        ("a\0b", "a NUL"),
        (None, "got NoneType"),
        (b"a", "got bytes"),
        ("~nobody-here/a", "user"),
    ],
)
def test_what_is_no_path_is_told(wrong: Any, told: str) -> None:
    with pytest.raises(UserError, match=told):
        user_path(wrong)
    for ask in (Corpus.open, load):
        with pytest.raises(UserError, match=told):
            ask(wrong)
