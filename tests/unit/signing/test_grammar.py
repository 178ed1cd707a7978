"""The signer's sentences: disjoint splits, enough of each sign, and a text that its signs decide."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import LONGEST, scripts
from sign2gpt.signing.script import Script


@pytest.fixture(scope="module")
def demo() -> dict[str, list[Script]]:
    return scripts(SigningConfig())


def test_the_same_seed_gives_the_same_sentences_and_another_seed_others(demo: dict[str, list[Script]]) -> None:
    assert scripts(SigningConfig()) == demo
    assert scripts(SigningConfig(seed=1))["test"] != demo["test"]


def test_splits_have_their_sizes_and_a_split_of_no_size_is_absent() -> None:
    config = SigningConfig(train=30, dev=5, test=4, test_unseen_signer=0)
    assert {split: len(found) for split, found in scripts(config).items()} == {"train": 30, "dev": 5, "test": 4}


def test_no_sentence_is_in_two_splits_not_even_of_corpora_with_other_seeds(demo: dict[str, list[Script]]) -> None:
    other = scripts(SigningConfig(seed=1))
    for first, second in combinations(demo, 2):
        assert not {s.text for s in demo[first]} & {s.text for s in demo[second]}
        assert not {s.text for s in demo[first]} & {s.text for s in other[second]}


def test_a_split_does_not_depend_on_the_sizes_of_others(demo: dict[str, list[Script]]) -> None:
    assert scripts(SigningConfig(train=10, dev=7))["test"] == demo["test"]


def test_every_sign_and_word_of_dev_and_test_is_seen_in_training(demo: dict[str, list[Script]]) -> None:
    signs = Counter(gloss for script in demo["train"] for gloss in script.glosses)
    words = Counter(word for script in demo["train"] for word in script.text.split())
    for split in ("dev", "test", "test_unseen_signer"):
        assert min(signs[gloss] for script in demo[split] for gloss in script.glosses) >= 8
        assert min(words[word] for script in demo[split] for word in script.text.split()) >= 4


def test_the_signs_with_the_brows_decide_the_text(demo: dict[str, list[Script]]) -> None:
    every = [script for split in demo.values() for script in split]
    texts = {(script.glosses, script.question): script.text for script in every}
    assert all(texts[script.glosses, script.question] == script.text for script in every)


def test_the_language_has_the_size_of_the_demo(demo: dict[str, list[Script]]) -> None:
    train = demo["train"]
    glosses = {gloss for script in train for gloss in script.glosses}
    words = {word for script in train for word in script.text.split()}
    assert 100 <= len(glosses) <= 120
    assert 150 <= len(words) <= 250
    assert 5 <= sum(len(script.glosses) for script in train) / len(train) <= 6
    assert max(len(script.glosses) for script in train) <= LONGEST
    assert all(gloss.isascii() and gloss.isupper() for gloss in glosses)
    assert all(script.text == script.text.lower() for script in train)


def test_sign_order_is_time_place_comment_with_negation_last(demo: dict[str, list[Script]]) -> None:
    by_text = {script.text: script for split in demo.values() for script in split}
    simple = [s for s in by_text.values() if s.glosses[-1] == "NICHT" and len(s.glosses) == 4 and not s.question]
    assert simple
    for script in simple:
        assert script.negation[-2:] == (True, True)
        assert script.negation[0] is False


def test_a_sentence_is_not_its_glosses(demo: dict[str, list[Script]]) -> None:
    order = [script for script in demo["train"] if script.glosses[0] == "MORGEN" and "IX" in script.glosses]
    assert order
    assert all(not script.text.startswith("morgen") for script in order)
