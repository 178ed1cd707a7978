"""How many frames a second does the signer draw and encode?

Usage: python benchmarks/signing.py [--quick] [--size 64] [--workers N]

Floors: `draw` renders frames and throws them away, `encode` writes frames that are there already, each on one core;
no corpus is written faster than the cores can do both. `corpus` is what `sign2gpt synth` does, start of its processes
included.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

from sign2gpt.cli.synth import synthesise
from sign2gpt.common.engine import cores
from sign2gpt.data.corpus import Corpus
from sign2gpt.signing.clips import signed_clips
from sign2gpt.signing.config import SigningConfig
from sign2gpt.video.encode import write_clip


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Durations of ``repeats`` runs after one that warms up."""
    work()
    durations = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return durations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--workers", type=int, default=cores())
    options = parser.parse_args()
    repeats, count = (1, 4) if options.quick else (5, 400)
    config = SigningConfig(size=options.size, train=count, dev=1, test=1, test_unseen_signer=0)
    clips = list(signed_clips(config))
    sample = clips[: 4 if options.quick else 20]
    frames = [list(clip.frames()) for clip in sample]
    drawn = sum(map(len, frames))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "clip.mp4"
        draw = seconds(lambda: [sum(1 for _ in clip.frames()) for clip in sample], repeats)
        encode = seconds(lambda: [write_clip(target, clip, config.frame_rate) for clip in frames], repeats)
        start = time.perf_counter()
        synthesise(config, Path(folder) / "corpus", options.workers)
        corpus = time.perf_counter() - start
        written = Corpus.open(Path(folder) / "corpus")
        total = sum(row.num_frames for split in written.splits for row in written.rows(split))
    result = {
        "benchmark": "signing",
        "command": shlex.join(["python", *sys.argv]),
        "size": options.size,
        "draw_frames_per_second_and_core": round(drawn / median(draw)),
        "encode_frames_per_second_and_core": round(drawn / median(encode)),
        "floor_frames_per_second": round(options.workers * drawn / (median(draw) + median(encode))),
        "draw_spread": round(max(draw) / min(draw), 2),
        "encode_spread": round(max(encode) / min(encode), 2),
        "corpus_frames_per_second": round(total / corpus),
        "corpus_frames": total,
        "workers": options.workers,
        "cores": cores(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "pillow": version("pillow"),
        "av": version("av"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
