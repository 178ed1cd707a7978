"""Two commands that write to one folder: the second is refused in one line, and the first ends as if it were alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from forked import sign2gpt
from worlds import SMALL_DEMO, recipe, write_recipe, write_world

from sign2gpt.common.errors import UserError
from sign2gpt.common.locks import LOCK, lock_next_to, locked
from sign2gpt.training.language_model import train_language_model

HOLDER = """
import sys
from pathlib import Path
from sign2gpt.common.locks import locked

with locked(Path(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another(folder: Path, lock: Path) -> Generator[subprocess.Popen[str]]:
    """Another process that writes to ``folder``."""
    words = [sys.executable, "-c", HOLDER, str(folder), str(lock)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def command(*words: object, launcher: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    if not launcher:
        return sign2gpt(*words)
    line = [sys.executable, *launcher, "--module", "sign2gpt", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    write_world(folder)
    write_recipe(folder)
    return folder


def test_two_trainings_in_one_folder(folder: Path) -> None:
    words = ("pretrain", folder / "recipe.yaml")
    output = folder / "pretrain"
    with another(output, output / LOCK):
        second = command(*words)
        assert (second.returncode, second.stdout) == (2, "")
        assert second.stderr.splitlines()[-1].startswith(f"error: {output}: another command writes here; wait until")
        assert [path.name for path in output.iterdir()] == [LOCK]
    assert (output / LOCK).exists(), "killed, it left its lock"
    assert command(*words).returncode == 0
    log = (output / "log.jsonl").read_text().splitlines()
    assert len([line for line in log if '"step"' in line.partition(",")[0]]) == 6, "12 clips, 4 a step, 2 epochs"
    assert not (output / LOCK).exists()


def test_processes_of_one_training_are_not_two(folder: Path) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    output = folder / "shared"
    changes = ("--set", f"pretrain.output={output}", "--set", "pretrain.batch=2")
    ended = command("pretrain", folder / "recipe.yaml", *changes, launcher=launcher)
    assert ended.returncode == 0, ended.stderr
    with another(output, output / LOCK):
        refused = command("pretrain", folder / "recipe.yaml", *changes, launcher=launcher)
    assert refused.returncode != 0
    assert refused.stderr.count("another command writes here") == 1


def test_two_language_models_in_one_folder(folder: Path) -> None:
    config = recipe(folder).lm.model_copy(update={"output": str(folder / "words")})
    place = Path(config.output)
    with another(place, lock_next_to(place)), pytest.raises(UserError, match="words: another command writes here"):
        train_language_model(config, ["rot blau"], seed=0)


@pytest.mark.parametrize("name", ["synth", "prepare folder", "shards", "demo", "glosses", "corpus remove"])
def test_two_commands_that_write_one_folder(name: str, folder: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    for split in ("train", "dev", "test"):
        clip = folder / "corpus" / "train" / f"train{len(split)}.mp4"
        (source / clip.name).write_bytes(clip.read_bytes())
        (source / f"{split}.tsv").write_text(f"id\tvideo\ttext\n{split}\t{clip.name}\trot\n")
    small = [word for change in SMALL_DEMO for word in ("--set", change)]
    words, written, lock = {
        "synth": (("synth", "demo", out, *small), out, lock_next_to(out)),
        "prepare folder": (("prepare", "folder", source, out, "--language", "de"), out, lock_next_to(out)),
        "shards": (("shards", folder / "corpus", out), out, lock_next_to(out)),
        "demo": (("demo", "--folder", out, *small), out, out / LOCK),
        "glosses": (("glosses", folder / "corpus", "--tagger", "words"), folder / "corpus", folder / "corpus" / LOCK),
        "corpus remove": (
            ("corpus", "remove", folder / "corpus", "--id", "train0", "--yes"),
            folder / "corpus",
            folder / "corpus" / LOCK,
        ),
    }[name]
    with another(written, lock):
        ended = command(*words)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.splitlines()[-1].startswith(f"error: {written}: another command writes here")
    assert "Traceback" not in ended.stderr
    assert (folder / "corpus" / "train" / "train0.mp4").exists()
    with locked(written, lock):  # the killed one's holds nobody up
        pass
