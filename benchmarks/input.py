"""How many frames a second come from a corpus' clips to training batches?

Usage: python benchmarks/input.py [--quick] [--clips 24] [--size 256]

Frames are those of the batches: every 2nd of a clip, augmented, 224 of 256 pixels. By the clock, so run it on an idle
machine; ways take turns, and ratios are of the same round. `plain` is the naive twin: a clip at a time, decoded whole,
sampled, then augmented frame by frame. `decode N` is what a training does with `data.workers=N`, `mapped N` the same
with `data.cache_gb`; `shards N` decodes
from tar shards; `in memory` keeps decoded clips in the process. Floors: `PyAV` decodes every frame and converts
none, `copy` copies finished batches. All batches are compared with the plain way's before anything is timed. Workers
are started anew in each round, as in each epoch.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

import av
import numpy as np
import torch
from measure import tell

from sign2gpt.common.config import dump_yaml
from sign2gpt.common.engine import cores
from sign2gpt.common.seeds import derive
from sign2gpt.data.cache import FrameCache
from sign2gpt.data.corpus import ClipRow, Corpus, CorpusInfo
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.data.shards.writer import write_shards
from sign2gpt.data.tables import INFO, METADATA
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import read_frames
from sign2gpt.video.encode import write_clip
from sign2gpt.video.sampling import sample_indices

LENGTH, BATCH, SEED = 112, 8, 0
"""Frames of the median clip of PHOENIX14T; the recipe's batch."""


class Memory(FrameCache):
    """Decoded clips in this process, as they lie on disk."""

    def fill(self, rank: int = 0, world: int = 1) -> None:
        whole = {row.id: read_frames(row.path, range(row.num_frames)) for row in self.rows[rank::world]}
        self.frames = {name: np.ascontiguousarray(frames.transpose(0, 3, 1, 2)) for name, frames in whole.items()}

    def read(self, row: ClipRow, indices: Sequence[int]) -> np.ndarray:
        return self.frames[row.id][list(indices)].transpose(0, 2, 3, 1)


def make_corpus(folder: Path, clips: int, length: int, size: int) -> tuple[Corpus, list[ClipRow]]:
    """Clips of a bright square that wanders over noise."""
    rng = np.random.default_rng(SEED)
    info = CorpusInfo(name="squares", language="de", frame_rate=25, size=size, licence="CC0-1.0")
    ground = rng.integers(60, 90, (size, size, 3), np.uint8)
    rows: list[ClipRow] = []
    for number in range(clips):
        path = folder / "train" / f"clip{number}.mp4"
        frames = np.repeat(ground[None], length, 0)
        for tick, frame in enumerate(frames):
            frame[2 * tick % (size // 2) :][: size // 4, number % size // 2 :][:, : size // 4] = 200
        path.parent.mkdir(parents=True, exist_ok=True)
        write_clip(path, frames, 25)
        rows.append(ClipRow(path.stem, "train", path, "satz", "a", None, length))
    return Corpus(folder, info, ["train"]), rows


def in_shards(corpus: Corpus, rows: list[ClipRow], folder: Path) -> list[ClipRow]:
    """The same clips in tar shards."""
    (corpus.folder / INFO).write_text(dump_yaml(corpus.info), encoding="utf-8")
    lines = [f"{row.id}.mp4,{row.text},{row.num_frames}\n" for row in rows]
    (corpus.folder / "train" / METADATA).write_text("file_name,text,num_frames\n" + "".join(lines), encoding="utf-8")
    write_shards(corpus, folder)
    return Corpus.open(folder).rows("train")


def plain(rows: list[ClipRow], frames: FramesConfig) -> list[torch.Tensor]:
    """Batches by the naive way."""
    found: list[torch.Tensor] = []
    for step in by_clips(len(rows), BATCH, None):
        clips: list[torch.Tensor] = []
        for row in (rows[clip] for clip in step):
            seed = derive(SEED, row.id, 0)
            whole = torch.from_numpy(read_frames(row.path, range(row.num_frames)))
            seen = whole[sample_indices(row.num_frames, frames, seed)]
            clips.append(torch.cat([prepare_frames(frame[None], frames, seed) for frame in seen]))
        found.append(torch.cat(clips))
    return found


def read(rows: list[ClipRow], frames: FramesConfig, cache: FrameCache | None, workers: int) -> list[torch.Tensor]:
    """Batches as training reads them."""
    data = SignDataset(rows, frames, seed=SEED, train=True, cache=cache)
    steps = by_clips(len(rows), BATCH, None)
    return [batch.frames for batch in batches(data, steps, epoch=0, workers=workers)]


def decode_alone(rows: list[ClipRow]) -> None:
    for row in rows:
        with av.open(str(row.path)) as container:
            for _ in container.decode(video=0):
                pass


def measure(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each way in rounds."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            found[name].append(time.perf_counter() - start)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", type=Path, help="also write the result here")
    chosen = parser.parse_args()
    clips, length, size, repeats = chosen.clips, LENGTH, chosen.size, chosen.repeats
    if chosen.quick:
        clips, length, size, repeats = 3, 9, 64, 1
    frames = FramesConfig(size=size * 7 // 8)
    torch.set_num_threads(1)  # as in a worker
    with tempfile.TemporaryDirectory() as folder:
        corpus, rows = make_corpus(Path(folder), clips, length, size)
        mapped, memory = FrameCache(corpus, rows, 1e3), Memory(corpus, rows, 1e3)
        mapped.fill()
        memory.fill()
        sharded = in_shards(corpus, rows, Path(folder) / "shards")
        ways: dict[str, Callable[[], object]] = {
            "plain": lambda: plain(rows, frames),
            "decode 0": lambda: read(rows, frames, None, 0),
            "decode 1": lambda: read(rows, frames, None, 1),
            "decode 2": lambda: read(rows, frames, None, 2),
            "shards 0": lambda: read(sharded, frames, None, 0),
            "mapped 0": lambda: read(rows, frames, mapped, 0),
            "mapped 2": lambda: read(rows, frames, mapped, 2),
            "in memory": lambda: read(rows, frames, memory, 0),
        }
        for name in ("decode 1", "mapped 2") if chosen.quick else ():
            del ways[name]
        wanted = plain(rows, frames)
        differences = {name: largest_difference(way(), wanted) for name, way in ways.items()}
        assert max(differences.values()) <= 1e-3, differences
        ways |= {"PyAV": lambda: decode_alone(rows), "copy": lambda: [batch.clone() for batch in wanted]}
        seconds = measure(ways, repeats)
    count = sum(map(len, wanted))
    result = {
        "benchmark": "input",
        "command": shlex.join(["python", *sys.argv]),
        "frames": count,
        "side": frames.size,
        "frames_per_second": {name: round(count / median(runs)) for name, runs in seconds.items()},
        "times_as_fast_as_plain": {name: ratio(seconds["plain"], runs) for name, runs in seconds.items()},
        "mapped_to_in_memory": ratio(seconds["in memory"], seconds["mapped 0"]),
        "shards_to_folder": ratio(seconds["decode 0"], seconds["shards 0"]),
        "decode_to_pyav": ratio(seconds["PyAV"], seconds["decode 0"]),
        "spread": {name: round(max(runs) / min(runs), 2) for name, runs in seconds.items()},
        "largest_difference": max(differences.values()),
        "cores": cores(),
        "load_average": round(os.getloadavg()[0], 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "av": version("av"),
    }
    tell(result, chosen.output)


def largest_difference(found: object, wanted: list[torch.Tensor]) -> float:
    assert isinstance(found, list)
    pairs = zip(found, wanted, strict=True)
    return max(float((one.float() - other.float()).abs().max()) for one, other in pairs)


def ratio(slower: list[float], faster: list[float]) -> float:
    """The median of the rounds' ratios."""
    return round(median(one / other for one, other in zip(slower, faster, strict=True)), 2)


if __name__ == "__main__":
    main()
