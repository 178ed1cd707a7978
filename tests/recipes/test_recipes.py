"""Every shipped recipe is found, read and built."""

from __future__ import annotations

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.model.language.language_model import KNOWN
from sign2gpt.recipe import find, load, shipped

PAPER_SETTINGS = 19
"""Four recipes of the two corpora, fifteen ablations (MODEL.md 7)."""
SIGNED = 3
"""Recipes of real sentences signed by the avatar."""
OF_TODAY = 2
"""Recipes of a language model of today in XGLM's place."""


def test_none_is_missed() -> None:
    assert len(shipped()) == PAPER_SETTINGS + SIGNED + OF_TODAY + 1


@pytest.mark.parametrize("name", shipped())
def test_builds_on_the_meta_device(name: str) -> None:
    from sign2gpt.systems.sign2gpt.model import build_model

    recipe = load(name)
    config = recipe.model
    if config.decoder.language_model not in KNOWN:  # made on the spot, or the hub's
        config = config.model_copy(
            update={"decoder": config.decoder.model_copy(update={"language_model": "facebook/xglm-564M"})}
        )
    model = build_model(config, glosses=100, decoder=True, device="meta")
    assert all(parameter.is_meta for parameter in model.parameters())


@pytest.mark.parametrize("name", shipped())
def test_says_what_it_is(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name.split("/")[-1]
    assert recipe.notes


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'phoenix14t_translate'"):
        find("phoenix14_translate")


def test_all_mistakes_come_at_once() -> None:
    mistakes = ["model.windw=9", "train.epohcs=3", "model.spatial.train=lroa", "model.window=8"]
    with pytest.raises(UserError) as caught:
        load("demo", mistakes)
    told = str(caught.value)
    for expected in ("did you mean 'window'", "did you mean 'epochs'", "did you mean 'lora'", "must be odd"):
        assert expected in told


@pytest.mark.parametrize(
    "mistake",
    [
        "train.betas=[0.9, 1.0]",
        "train.gate_range=[1.1, -0.1]",
        "lm.heads=3",
        "model.layers=[-1, 2]",
        "model.prototypes.class_temperature=2",
        "model.prototypes.time_temperature=0.001",
    ],
)
def test_values_that_could_only_go_wrong_are_refused(mistake: str) -> None:
    with pytest.raises(UserError, match=mistake.partition("=")[0].split(".")[-1]):
        load("phoenix14t_translate", [mistake])


def test_override_reaches_the_model() -> None:
    assert load("phoenix14t_translate", ["model.window=9"]).model.window == 9


def test_ablation_differs_from_its_base_in_its_own_keys_alone() -> None:
    base, ablation = load("phoenix14t_translate"), load("ablations/phoenix14t_global_attention")
    assert ablation.model.window == 0
    assert ablation.model.model_copy(update={"window": base.model.window}) == base.model
    assert ablation.data == base.data
