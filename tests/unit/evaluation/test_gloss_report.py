"""The survey of pseudo-glosses and its page, on real sentences with their glosses, and on a corpus without any."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import texts
from pages import LINKS, Page

from sign2gpt.cli.glosses import glosses
from sign2gpt.common.errors import UserError
from sign2gpt.data.config import DataConfig, VectorsConfig
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.pseudo_glosses import FILE, make_pseudo_glosses
from sign2gpt.data.glosses.taggers import CachedTagger, open_tagger
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.glosses.survey import YARDSTICKS, Survey, judgement, survey, verdict

CONFIG = EvaluationConfig(protocol="phoenix14t")


def surveyed(folder: Path, vectors: VectorsConfig | None = None, config: EvaluationConfig = CONFIG) -> Survey:
    corpus = Corpus.open(folder)
    tagger = CachedTagger(open_tagger(None, corpus.info.language))
    return survey(corpus, make_pseudo_glosses(corpus, DataConfig(), tagger), tagger, config, 0, vectors)


def shown(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def phoenix14t(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return texts.phoenix14t(tmp_path_factory.mktemp("texts") / "corpus", shared, every=16)


@pytest.fixture(scope="module")
def page(phoenix14t: Path) -> Page:
    path = phoenix14t.parent / "report.html"
    glosses(phoenix14t, report=path, changes=["evaluation.protocol=phoenix14t"])
    assert path.stat().st_size < 1_000_000
    return shown(path)


def test_the_page_needs_nothing_from_outside(page: Page) -> None:
    assert not [value for _, attrs in page.tags for name, value in attrs.items() if name in LINKS]


def test_the_page_shows_a_sample_with_the_class_of_each_word(page: Page) -> None:
    assert "300 of 518 sentences of all splits, sampled with seed 0" in page.text
    kinds = Counter(attrs.get("class") for tag, attrs in page.tags if tag == "ruby")
    assert {"target", "unseen", "dropped"} <= set(kinds)
    assert kinds["target"] > kinds["unseen"]
    assert {"named", "akin", "unnamed"} <= {attrs.get("class") for tag, attrs in page.tags if tag == "span"}
    for meaning in ("excluded by its part of speech", "in too many sentences", "without a matching pseudo-gloss"):
        assert meaning in page.text, "the legend explains it"


def test_the_page_ends_with_a_verdict(page: Page) -> None:
    ending = page.text[page.text.index("Can pretraining work?") :]
    assert "about as much to learn from" in ending
    for heading in ("Not in the word vectors", "Glosses that no pseudo-gloss ever matches", "IX ("):
        assert heading in page.text


def test_a_corpus_without_glosses_or_tagger_of_its_language(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("train", f"t{number}", f"demain <b> {number % 7} nuages", "") for number in range(30)]
    corpus = texts.write_texts(tmp_path / "corpus", "<météo>", "fr", rows)
    glosses(corpus, report=tmp_path / "report.html", changes=["data.max_share=0.9"], as_json=True)
    found = json.loads(capsys.readouterr().out)["survey"]
    assert (found["proxy"], found["support"]) == (None, {})
    assert "<b>" not in {tag for tag, _ in shown(tmp_path / "report.html").tags}
    text = shown(tmp_path / "report.html").text
    assert "Pseudo-glosses of <météo>" in text
    assert "in 90% of the sentences or more" in text
    assert "demain (30)" in text
    assert "All 30 sentences." in text
    assert "The corpus has no glosses" in text


def test_chinese_is_compared_by_characters(shared: Path, tmp_path: Path) -> None:
    found = surveyed(texts.csl_daily(tmp_path / "corpus", shared, every=40), config=EvaluationConfig())
    assert found.protocol == "csl-daily"
    assert list(found.support) == ["dev", "test"]
    assert found.proxy is not None
    assert 0.4 < found.proxy.exact.all.recall < found.proxy.related.all.recall < 0.7


@pytest.mark.parametrize(
    ("language", "text", "changes", "protocol"),
    [
        ("cmn", "今天天气很好。", [], "csl-daily"),
        ("lzh", "學而時習之不亦說乎。", [], "csl-daily"),
        ("zh", "jintian tianqi hen hao", [], "plain"),
        ("zh", "今天天气很好。", ["evaluation.protocol=csl-daily"], "csl-daily"),
        ("zh", "今天 天气 很 好 。", ["evaluation.protocol=how2sign"], "how2sign"),
    ],
)
def test_the_protocol_is_the_one_asked_for_or_follows_the_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, text: str, changes: list[str], protocol: str
) -> None:
    rows = [(split, f"{split} {last}", f"{text} {last}", "A") for split in ("train", "dev") for last in "猫狗马"]
    glosses(texts.write_texts(tmp_path / "corpus", "c", language, rows), changes=changes, as_json=True)
    found = json.loads(capsys.readouterr().out)["survey"]
    assert (found["protocol"], list(found["support"])) == (protocol, ["dev"])


def test_a_protocol_that_does_not_fit_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    rows = [(split, f"{split} {last}", f"今天天气很好。{last}", "A") for split in ("train", "dev") for last in "猫狗马"]
    corpus = texts.write_texts(tmp_path / "corpus", "c", "zh", rows)
    with pytest.raises(UserError, match="use protocol csl-daily"):
        glosses(corpus, changes=["evaluation.protocol=plain"])
    assert not (corpus / FILE).exists()


def test_words_that_the_vectors_lack(tmp_path: Path) -> None:
    rows = [("train", str(number), text, "") for number, text in enumerate(["viel regen", "regenschnee", "sonne"])]
    corpus = texts.write_texts(tmp_path / "corpus", "c", "fr", rows)
    (tmp_path / "small.vec").write_text("2 2\nregen 1 2 \nschnee 3 4 \n")
    found = surveyed(corpus, VectorsConfig(file=str(tmp_path / "small.vec"))).vectors
    assert found is not None
    assert (found.pieced, found.random) == (["regenschnee"], ["sonne", "viel"])
    absent = surveyed(corpus, VectorsConfig(file=str(tmp_path / "none.vec"))).vectors
    assert absent is not None
    assert absent.remark.startswith("Unknown: ")


@pytest.mark.parametrize(("share", "word"), [(1.3, "as much"), (0.6, "less"), (0.1, "little")])
def test_a_judgement_follows_the_share_of_the_yardstick(share: float, word: str) -> None:
    assert word in judgement(share)


def test_few_sentences_give_little_to_learn_from_even_if_glosses_agree(tmp_path: Path) -> None:
    rows = [("train", str(number), f"regen{number} im norden", f"REGEN{number} NORDEN") for number in range(20)]
    found = surveyed(texts.write_texts(tmp_path / "corpus", "c", "de", rows))
    assert found.proxy is not None
    assert found.proxy.exact.all.recall > YARDSTICKS[0].recall[0]
    assert found.proxy.exact.all.precision > YARDSTICKS[1].precision[0]
    assert "little to learn from" in verdict(found)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1])
def test_the_yardsticks_are_what_the_survey_finds(shared: Path, tmp_path: Path, place: int) -> None:
    write = (texts.phoenix14t, texts.csl_daily)[place]
    config = (CONFIG, EvaluationConfig())[place]
    found, expected = surveyed(write(tmp_path / "corpus", shared), config=config), YARDSTICKS[place]
    assert found.corpus == expected.name
    assert found.proxy is not None
    sides = found.proxy.exact.all, found.proxy.related.all
    assert [round(side.recall, 3) for side in sides] == list(expected.recall)
    assert [round(side.precision, 3) for side in sides] == list(expected.precision)
    assert (found.targets, round(found.seen_often, 3)) == (expected.targets, expected.seen_often)
    assert "about as much to learn from" in verdict(found)[-1]
