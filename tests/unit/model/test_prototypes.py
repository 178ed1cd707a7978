from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sign2gpt.model import packed
from sign2gpt.systems.sign2gpt.prototypes import PrototypeHead


def head(glosses: int = 5, class_temperature: float = 0.1, time_temperature: float = 0.1) -> PrototypeHead:
    torch.manual_seed(glosses)
    return PrototypeHead(
        8,
        glosses=glosses,
        dim=6,
        dropout=0.2,
        class_temperature=class_temperature,
        time_temperature=time_temperature,
        trainable=False,
    ).eval()


temperature = st.floats(0.001, 3.0)


@settings(max_examples=50)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 7), temperature, temperature)
def test_presence_of_a_pseudo_gloss_is_a_share(lengths: list[int], glosses: int, over_glosses: float, over_time: float):
    model = head(glosses, over_glosses, over_time)
    found = model(3 * torch.randn(sum(lengths), 8), torch.tensor(lengths))
    assert found.scores.shape == (len(lengths), glosses)
    assert found.presence.shape == found.similarity.shape == (sum(lengths), glosses + 1)
    assert found.scores.min() >= 0
    assert found.scores.max() <= 1 + 1e-5
    assert found.similarity.abs().max() <= 1 + 1e-5
    summed = [part.sum(0)[:-1] for part in packed.split(found.presence, torch.tensor(lengths))]
    torch.testing.assert_close(found.scores, torch.stack(summed))


def test_a_clip_is_the_same_alone_and_in_a_batch():
    model, z = head(), torch.randn(9, 8)
    together = model(z, torch.tensor([6, 3]))
    alone = model(z[6:], torch.tensor([3]))
    torch.testing.assert_close(together.presence[6:], alone.presence)
    torch.testing.assert_close(together.scores[1:], alone.scores)


def test_no_sign_is_as_far_from_every_token():
    assert not head()(torch.randn(4, 8), torch.tensor([4])).similarity[:, -1].any()


def test_a_token_on_its_prototype_shows_that_pseudo_gloss():
    model = head(class_temperature=0.01, time_temperature=0.01)
    torch.nn.init.eye_(model.project.weight)
    torch.nn.init.zeros_(model.project.bias)
    z = torch.nn.functional.pad(torch.stack([model.vectors[2], -model.vectors.sum(0)]), (0, 2))
    scores = model(z, torch.tensor([2])).scores[0]
    assert scores.argmax() == 2
    assert scores[2] > 0.9


def test_temperatures_out_of_bounds_act_as_the_bounds():
    z, lengths = torch.randn(5, 8), torch.tensor([5])
    outside, at = head(3, 0.001, 7.0)(z, lengths), head(3, 0.01, 1.0)(z, lengths)
    assert torch.equal(outside.presence, at.presence)


def test_half_precision_features_are_compared_in_float32():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = head()(torch.randn(4, 8).bfloat16(), torch.tensor([4]))
    assert {found.similarity.dtype, found.presence.dtype, found.scores.dtype} == {torch.float32}


def test_what_trains_and_word_vectors_of_the_wrong_shape():
    trains = {name for name, parameter in head().named_parameters() if parameter.requires_grad}
    assert trains == {"project.weight", "project.bias", "class_temperature", "time_temperature"}
    sizes = {"dim": 6, "dropout": 0.2, "class_temperature": 0.1, "time_temperature": 0.1, "trainable": True}
    vectors = torch.randn(5, 6)
    moving = PrototypeHead(8, glosses=5, vectors=vectors, **sizes)
    assert moving.vectors.requires_grad
    assert torch.equal(moving.vectors, vectors)
    with pytest.raises(AssertionError, match=r"\(5, 6\) word vectors for 4 glosses"):
        PrototypeHead(8, glosses=4, vectors=vectors, **sizes)
