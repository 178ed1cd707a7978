"""Jobs on a Ray cluster of two machines, of which one is lost on the way: the files of the local engine, once each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kills import contents, wait_until

from sign2gpt.common.cluster import Cluster
from sign2gpt.common.engine import parallel_map
from sign2gpt.inference.translator import shipped_examples

pytestmark = pytest.mark.slow
COPIES = 12
STORE_BYTES = 80 << 20
RECIPE = "name: tiny\nsigning: {train: 60, dev: 4, test: 4, test_unseen_signer: 2, size: 96, tempo: 2.5}\n"
JOBS = {
    "synth": (["synth", "recipe.yaml"], "*/clips/*-*.mp4"),
    "prepare": (["prepare", "folder", "source", "--language", "de", "--size", "96"], "*/clips/*-*.mp4"),
    "features": (["features", "demo", "videos"], "out/*/[!.]*.safetensors"),
    "bulk": (["bulk", "demo", "videos"], "out/*/[!.]*.json"),
}


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Two machines of a core and a small store each; ``lost`` is the one that goes."""
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'sign2gpt[ray]'")
    utils = pytest.importorskip("ray.cluster_utils")
    machine = {"num_cpus": 1, "object_store_memory": STORE_BYTES}
    made = utils.Cluster(initialize_head=True, head_node_args=machine)
    made.lost = made.add_node(**machine)
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the jobs read, a damaged video among it."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    examples = shipped_examples()
    for place in (tmp_path / "source", *(tmp_path / "videos" / f"{copy}" for copy in range(COPIES))):
        place.mkdir(parents=True)
        for example in examples:
            shutil.copy(example, place)
    (tmp_path / "videos" / "cut.mp4").write_bytes(examples[0].read_bytes()[:3000])
    for split, clips in (("train", 60), ("dev", 4), ("test", 4)):
        rows = [f"{split}{n}\t{examples[n % 3].name}\tsatz {n}\t{n / 100}\n" for n in range(clips)]
        (tmp_path / "source" / f"{split}.tsv").write_text("id\tvideo\ttext\tstart\n" + "".join(rows))
    return tmp_path


def start(folder: Path, words: list[str], **places: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sign2gpt", *words]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, env=os.environ | places)


@pytest.mark.parametrize("job", JOBS)
def test_a_lost_machine_changes_nothing(job: str, cluster: Any, folder: Path) -> None:
    words, made = JOBS[job]
    unharmed = start(folder, [*words, "expected", "--workers", "1"])
    assert unharmed.wait() == 0, unharmed.communicate()
    run = start(folder, [*words, "out", "--engine", "ray"], RAY_ADDRESS=cluster.address)
    wait_until(lambda: len(list(folder.glob(made))) > 3 and at_work(cluster.lost), run)
    before = identities(folder.glob(made))
    cluster.remove_node(cluster.lost, allow_graceful=False)
    assert run.poll() is None, "it ended before a machine could be lost"
    _, told = run.communicate()
    assert run.returncode == 0, told
    assert "machines 2, cores 2" in told
    assert contents(folder / "out") == contents(folder / "expected")
    assert {path.name for path in folder.iterdir()} == {"recipe.yaml", "source", "videos", "expected", "out"}
    if job in ("features", "bulk"):
        assert before == identities(before), "a finished file was written again"


def test_workers_that_share_a_gpu_keep_what_they_have_loaded(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine that only says that it has one."""

    def process_of(item: int) -> int:  # sent as it is: no machine has the tests
        return os.getpid()

    cluster.add_node(num_cpus=2, num_gpus=1, object_store_memory=STORE_BYTES)
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    engine = Cluster(share=0.5)
    assert engine.workers == 2
    assert len(set(parallel_map(process_of, range(12), engine))) <= 2


def identities(files: Iterable[Path]) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in files}


def at_work(machine: Any) -> bool:
    """Whether one of a machine's workers has an item: Ray tells so in the process' title."""
    (raylet,) = machine.all_processes["raylet"]
    listed = subprocess.run(["ps", "-A", "-o", "ppid=,args="], capture_output=True, text=True, check=True).stdout
    return any(line.split()[:2] == [str(raylet.process.pid), "ray::_from"] for line in listed.splitlines())
