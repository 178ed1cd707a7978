from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.record import Record
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import Translator
from sign2gpt.metrics.scores import score


@pytest.fixture(scope="module")
def record(translator: Translator, corpus: Corpus) -> Record:
    return evaluate(translator, corpus, "test", EvaluationConfig(bootstrap=20, batch=5))


def test_the_record_holds_what_its_scores_were_taken_from(record: Record, corpus: Corpus) -> None:
    rows = corpus.rows("test")
    assert [(s.id, s.reference, s.signer) for s in record.sentences] == [(row.id, row.text, row.signer) for row in rows]
    hypotheses = [s.hypothesis for s in record.sentences]
    again = score(hypotheses, [row.text for row in rows], record.protocol, bootstrap=20, seed=record.seed)
    assert again.scores == record.scores
    assert record.counts["sentences"] == len(rows)
    assert record.corpus.notice == "Invented signs, not a sign language."
    assert len(record.corpus.metadata_sha256) == 64
    assert record.recipe["name"] == record.name == "tiny"


def test_controls(record: Record, translator: Translator) -> None:
    references = [s.reference for s in record.sentences]
    alone = translator.text_only()
    assert alone is not None
    expected = score([alone] * len(references), references, "plain", bootstrap=20, seed=record.seed)
    assert record.controls["text_only"].scores == expected.scores
    assert record.controls["text_only"].sentence == alone
    assert set(record.controls) == {"shuffled_video", "text_only", "frequent_sentence"}


def test_pseudo_glosses_come_from_the_runs_own_vocabulary(record: Record, translator: Translator) -> None:
    known = set(translator.run.glosses or [])
    for sentence in record.sentences:
        assert sentence.targets is not None
        assert sentence.pseudo_glosses is not None
        assert known.issuperset(sentence.targets)
        assert known.issuperset(gloss.gloss for gloss in sentence.pseudo_glosses)


def test_the_record_is_the_same_from_its_file(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record.write(path)
    assert Record.read(path) == record


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text('{"format": 1, "name": "x"}')
    with pytest.raises(UserError, match=r"not a results file.*notes"):
        Record.read(path)


def test_sentences_that_training_has_are_scored_apart(translator: Translator, corpus: Corpus) -> None:
    part = evaluate(translator, corpus, "train", EvaluationConfig(bootstrap=0))
    assert part.counts["in_train"] == part.counts["sentences"]
    assert not {"reference_in_train", "reference_not_in_train"} & set(part.subsets)


def test_the_record_tells_on_how_much_of_dev_the_weights_were_chosen(translator: Translator, corpus: Corpus) -> None:
    run = translator.run
    changed = run.recipe | {"train": run.recipe["train"] | {"dev_clips": 2}}
    record = evaluate(Translator(replace(run, recipe=changed)), corpus, "test", EvaluationConfig(bootstrap=0))
    assert record.checkpoint.startswith("checkpoint: best BLEU-4 on up to 2 clips of dev (")


def test_an_unknown_split_is_told(translator: Translator, corpus: Corpus) -> None:
    with pytest.raises(UserError, match="did you mean 'test'"):
        evaluate(translator, corpus, "tests", EvaluationConfig())
