"""Commands in README and docs: each is one that the command line takes, and all that can run here does.

What cannot is in `ELSEWHERE`, with the reason; a command that is neither there nor ours fails.
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from fences import blocks
from releases import how2sign
from worlds import recipe

from sign2gpt.cli.main import command_line, main
from sign2gpt.common.config import build, dump_yaml
from sign2gpt.common.files import write_text
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.tables import METADATA
from sign2gpt.evaluation.runner import evaluate
from sign2gpt.inference.translator import Translator, shipped_examples
from sign2gpt.model.config import DecodingConfig
from sign2gpt.recipe import load, shipped

ELSEWHERE = {
    "make ": "installs, and starts what this suite runs",
    "(pip|pipx|hf|aws) ": "needs a network",
    "(podman|docker) ": "a container engine: tests/e2e/test_container.py",
    "torchrun ": "several processes: tests/e2e/test_processes.py",
    "python -m pytest|python benchmarks/|python tools/": "minutes: test_damage.py, test_benchmarks.py, test_piece.py",
    "sign2gpt --install-completion": "writes into the home folder: tests/e2e/test_doctor.py",
    "sign2gpt doctor": "tests/e2e/test_doctor.py",
    "sign2gpt .*--engine ray": "a cluster: tests/e2e/test_ray.py",
    "sign2gpt .*--device cuda": "a GPU",
    "sign2gpt app ": "serves until it is told to end: tests/e2e/test_page.py",
    "sign2gpt demo ": "minutes: tests/e2e/test_demo.py, tests/docs/test_signed_corpora.py",
    "sign2gpt (evaluate|compare) .*(demo/|phoenix14t_translate)": "the run of a whole demo or corpus",
    "sign2gpt (push .* --private|translate OWNER/NAME)": "needs a hub: tests/e2e/test_hub.py",
    "sign2gpt (pretrain|train|validate|profile) (phoenix14t|language_models)": "published weights and corpora",
    "sign2gpt params .*Qwen": "asks the hub for the sizes of a language model",
    "sign2gpt calibrate RUN": "a split of more clips: tests/e2e/test_cli.py",
    "sign2gpt convert ": "published checkpoints: tests/unit/cli/test_convert_command.py",
    "sign2gpt glosses mycorpus --recipe phoenix14t_pretrain": "a spaCy pipeline",
    "sign2gpt prepare (phoenix14t|csl-daily|gfslt) ": "releases: test_phoenix14t.py here, tests/e2e/test_csl_daily.py",
    "sign2gpt (check|glosses) corpora/phoenix14t": "the corpus of a release: test_phoenix14t.py here",
    "sign2gpt synth ": "annotations of real corpora: test_signed_corpora.py here",
}
"""Beginnings of commands that do not run here, and why."""
STANDS_FOR = {"RECIPE": "mine.yaml", "HASH": "0" * 64, "14t_translate mine.yaml": "14t_translate copied.yaml"}
"""Words of the pages, and what they are run with."""
TEXTS = ("rot blau", "hell gelb", "grün")
FAST = ("README.md", "docs/consent.md")
WALKED = "docs/own-corpus.md"
"""A page whose commands go together: test_own_corpus.py."""

COMMANDS = [
    (block.page, re.sub(r"^\.venv/bin/", "", line))
    for block in blocks("sh")
    if not block.script and block.page != WALKED
    for line in block.commands
]
OURS = [(block.page, line) for block in blocks("sh") for line in block.commands if re.search("sign2gpt [a-z]", line)]


def reason(line: str) -> str | None:
    """Why a command does not run here."""
    return next((why for pattern, why in ELSEWHERE.items() if re.match(pattern, line)), None)


@pytest.mark.parametrize(("page", "line"), OURS)
def test_the_command_line_takes_it(page: str, line: str) -> None:
    context = read(shlex.split(line.split("sign2gpt ", 1)[1]))
    changes = context.params.get("overrides") or context.params.get("changes")
    if changes:
        named = str(context.params["recipe"])
        load(named if named in shipped() else "phoenix14t_translate", changes)
    if context.params.get("decoding"):
        build(DecodingConfig, {}, context.params["decoding"])


def read(words: list[str]) -> click.Context:
    """The innermost command's context, its arguments and options read; one that is unknown raises."""
    command: Any = typer.main.get_command(command_line())
    parent = None
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        parent = click.Context(command, parent=parent)
        _, command, words = command.resolve_command(parent, words)
    return command.make_context(command.name, words, parent=parent)


def test_what_does_not_run_has_a_reason_and_no_reason_stands_for_nothing() -> None:
    left = [line for _, line in COMMANDS if reason(line) is None]
    assert [line for line in left if not line.startswith("sign2gpt ")] == []
    assert [each for each in ELSEWHERE if not any(re.match(each, line) for _, line in COMMANDS)] == []


def pages() -> list[Any]:
    found = dict.fromkeys(page for page, line in COMMANDS if reason(line) is None)
    return [pytest.param(page, marks=() if page in FAST else pytest.mark.slow) for page in found]


@pytest.mark.parametrize("page", pages())
def test_they_run(page: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (line for where, line in COMMANDS if where == page and reason(line) is None):
        for words, instead in STANDS_FOR.items():
            line = re.sub(rf"{words}\b", instead, line)
        words = shlex.split(line)
        if words[1] == "prepare":  # where there is nothing yet
            shutil.rmtree(words[4], ignore_errors=True)
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code, line


@pytest.fixture
def place(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the names that pages use are there."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(world, tmp_path, dirs_exist_ok=True)
    _complete(tmp_path / "corpus")
    for name in ("CORPUS", "mycorpus"):
        shutil.copytree("corpus", name)
    made = recipe(tmp_path, "evaluation.bootstrap=10", "pretrain.output=new/pretrain", "train.output=new/translate")
    for name in ("RUN", "runs/mine", "runs/first", "runs/translate"):
        shutil.copytree("translate", name)
        write_text(Path(name, "recipe.yaml"), dump_yaml(made))
        Path(name, "SHA256SUMS").unlink()
    write_text(Path("mine.yaml"), dump_yaml(made))
    record = evaluate(Translator.from_pretrained("RUN", "cpu"), Corpus.open("corpus"), "test", made.evaluation)
    for name in ("test", "theirs", "seed0", "seed1", "seed2"):
        record.write(Path(f"{name}.json"))
    record.write(Path("runs/first/test.json"))
    for name in ("SRC", "VIDEOS", "videos"):
        shutil.copytree("corpus/train", name)
    for split in ("train", "dev", "test"):
        rows = [f"{split}{number}\ttrain{number}.mp4\t{text}\n" for number, text in enumerate(TEXTS)]
        write_text(Path("SRC", f"{split}.tsv"), "id\tvideo\ttext\n" + "".join(rows))
    for name in ("out.txt", "ours.txt", "theirs.txt", "ref.txt", "train.txt", "dev.txt"):
        write_text(Path(name), "".join(f"{text}\n" for text in TEXTS))
    how2sign(tmp_path / "RELEASE")
    for name in ("clip.mp4", "long.mp4", "lecture.mp4"):
        shutil.copy(shipped_examples()[0], name)
    return tmp_path


def _complete(corpus: Path) -> None:
    """Adds a test split, and a signer to every clip of training."""
    shutil.copytree(corpus / "dev", corpus / "test")
    for clip in (corpus / "test").glob("*.mp4"):
        clip.rename(clip.with_name(clip.name.replace("dev", "test")))
    for split in ("train", "test"):
        table = corpus / split / METADATA
        with table.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        for number, row in enumerate(rows):
            row[0], row[header.index("signer")] = row[0].replace("dev", "test"), f"Signer{number:02}"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
