"""A run is sent to a hub and comes back from it, from a revision or from the cache alone; its card says what it is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hub_server import served, sha256
from huggingface_hub import ModelCard

from sign2gpt import Translator
from sign2gpt.cli.main import main
from sign2gpt.common.cards import CARD, MARK
from sign2gpt.common.errors import UserError
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.config import EvaluationConfig
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import shipped_examples
from sign2gpt.model.runs.publishing import run_card
from sign2gpt.model.runs.run import WEIGHTS
from sign2gpt.model.runs.shipped import find_run

PLACE = {"HF_TOKEN": "hf_test", "HF_HUB_DISABLE_XET": "1"}
"""Weights go by LFS; Xet, the hub's newer storage, is a protocol between its own library and servers."""
EXAMPLE = """
import sys
from sign2gpt import Translator
from sign2gpt.inference.translator import shipped_examples
name, revision = sys.argv[1:]
print(Translator.from_pretrained(name, revision=revision or None).translate(shipped_examples()[0]).text)
"""
DOWNLOAD = """
import sys
from sign2gpt.common.hugging_face import download
print(download(sys.argv[1], ["*"], what="run", revision=sys.argv[2]))
"""
ABSENT = """
try:
    Translator.from_pretrained("deaf-led/other")
except ValueError as error:
    print(error)
"""


def sign2gpt(*words: str, **place: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sign2gpt", *words]
    return subprocess.run(command, env=os.environ | place, check=False, capture_output=True, text=True)


def python(program: str, *words: str, **place: str) -> list[str]:
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, env=os.environ | place, check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_a_run_goes_to_a_hub_and_comes_back(tmp_path: Path) -> None:
    said = Translator.from_pretrained("demo", "cpu").translate(shipped_examples()[0]).text
    run = tmp_path / "run"
    Translator.from_pretrained("demo", "cpu").save_pretrained(run)
    (run / "clips.json").write_text("{}")
    place = PLACE | {"HF_HOME": str(tmp_path / "home")}
    with served() as hub:
        place["HF_ENDPOINT"] = hub.address
        done = sign2gpt("push", str(run), "deaf-led/forecast", "--revision", "v1", "--private", **place)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{hub.address}/deaf-led/forecast/commit/")
        sent = hub.models["deaf-led/forecast"]
        assert (hub.private, sent["main"]) == ({"deaf-led/forecast"}, {})
        assert sent["v1"].keys() == {
            "run.json",
            "recipe.yaml",
            "model.safetensors",
            "trust.json",
            "SHA256SUMS",
            CARD,
        } | {f"language_model/{file.name}" for file in (run / "language_model").iterdir()}
        assert 'from_pretrained("deaf-led/forecast")' in sent["v1"][CARD].decode()
        weights = (run / WEIGHTS).read_bytes()
        assert hub.large == {sha256(weights): weights}
        (brought,) = python(DOWNLOAD, "deaf-led/forecast", "v1", **place)
    assert (Path(brought) / WEIGHTS).read_bytes() == weights
    found, absent = python(EXAMPLE + ABSENT, "deaf-led/forecast", "v1", HF_HUB_OFFLINE="1", **place)
    assert found == said
    assert absent.startswith("run deaf-led/other: no such folder, and no download from the hub")


def test_a_storage_that_takes_no_weights_is_told_in_one_line(tmp_path: Path) -> None:
    with served() as hub:
        hub.full = True
        place = PLACE | {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": hub.address}
        done = sign2gpt("push", "demo", "me/demo", **place)
        assert hub.models["me/demo"]["main"] == {}
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert re.search(r"error: me/demo: upload failed \(.*403 Forbidden.*\); `hf auth login` logs in\n", done.stderr)


@pytest.mark.slow
def test_a_hub_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    place = PLACE | {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    done = sign2gpt("push", "demo", "me/demo", **place)
    assert done.returncode == 2
    assert done.stderr.startswith("error: me/demo: upload failed (")


def test_a_revision_is_of_the_hub(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only those have revisions"):
        Translator.from_pretrained(tmp_path, revision="v1")


def test_a_saved_run_is_whole_and_nothing_is_overwritten(tmp_path: Path) -> None:
    Translator.from_pretrained("demo", "cpu").save_pretrained(tmp_path / "mine")
    again = Translator.from_pretrained(tmp_path / "mine", "cpu")
    found = again.translate(shipped_examples()[0])
    assert found.text
    assert found.trust is not None
    with pytest.raises(UserError, match="nothing is overwritten"):
        again.save_pretrained(tmp_path / "mine")


def test_the_card_says_that_it_is_synthetic_and_what_it_is_not_for() -> None:
    card = ModelCard(run_card(find_run("demo")))
    assert (card.data.language, card.data.license, card.data.library_name) == (["de"], "apache-2.0", "sign2gpt")
    assert "synthetic" in (card.data.tags or [])
    assert "The signs are invented" in card.text
    assert "## What it must not be used for" in card.text
    assert "BLEU-4 76.83" in card.text


def test_the_cards_scores_are_those_of_a_record(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, record = world / "translate", tmp_path / "dev.json"
    translator, config = Translator.from_pretrained(run, "cpu"), EvaluationConfig(protocol="plain", bootstrap=10)
    taken = evaluate(translator, Corpus.open(world / "corpus"), "dev", config)
    taken.write(record)
    arguments = ["push", str(run), "me/colours", "--record", str(record), "--card-only"]
    monkeypatch.setattr(sys, "argv", ["sign2gpt", *arguments])
    with pytest.raises(SystemExit):
        main()
    card = ModelCard(capsys.readouterr().out)
    assert card.data.eval_results is not None
    score = taken.scores["bleu4"].score
    assert ("bleu", score) in {(each.metric_type, each.metric_value) for each in card.data.eval_results}
    assert f"| BLEU-4 | {score:.1f} |" in card.text


def test_a_card_that_a_person_has_made_theirs_stays(tmp_path: Path) -> None:
    Translator.from_pretrained("demo", "cpu").save_pretrained(tmp_path / "mine")
    path = tmp_path / "mine" / CARD
    path.write_text(path.read_text().replace(MARK, "").replace("# demo", "# Ours"))
    assert run_card(tmp_path / "mine") == path.read_text()


def test_a_training_leaves_a_card_that_yaml_reads(world: Path) -> None:
    _, front, text = (world / "pretrain" / CARD).read_text().split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "cc0-1.0"
    assert "it cannot translate yet" in text
