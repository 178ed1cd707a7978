"""How many frames a second does the signer draw and encode?

Usage: python benchmarks/signing.py [--quick] [--size 64] [--clips 400] [--frames N] [--workers N]

Floors: `draw` renders frames and throws them away, `encode` writes frames that are there already, both a second of CPU
time, so that other work on the machine does not count; no corpus is written faster than the cores can do both. `corpus`
is what `sign2gpt synth` does, start of its processes included, by the clock.

`--frames 115` signs every sentence in so many frames, as `synth --annotations` does with those that a real corpus
tells: 115 is the mean of PHOENIX14T.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import median

from sign2gpt.common.engine import cores
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.importers.phoenix14t import COLUMNS
from sign2gpt.data.importers.phoenix14t_release import SPLITS, table_name
from sign2gpt.pipeline import clips, synthesise
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.video.encode import write_clip


def cpu_seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """CPU time of ``repeats`` runs after one that warms up."""
    work()
    durations = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        durations.append(time.process_time() - start)
    return durations


def make_tables(folder: Path, config: SigningConfig, frames: int) -> None:
    """Weather reports as a release lists sentences, all of one length."""
    for split in SPLITS:
        rows, lengths = ["|".join(COLUMNS)], ["name\tnum_frames"]
        for number, script in enumerate(scripts(config)[split]):
            name = f"{split}{number}"
            rows.append(f"{name}|{name}/1/*.png|-1|-1|Signer01|{' '.join(script.glosses)}|{script.text}")
            lengths.append(f"{name}\t{frames}")
        (folder / table_name(split)).write_text("\n".join(rows) + "\n", encoding="utf-8")
        (folder / f"frames.{split}.tsv").write_text("\n".join(lengths) + "\n", encoding="utf-8")


def measure(
    config: SigningConfig, folder: Path, annotations: Path | None, workers: int, quick: bool
) -> dict[str, float]:
    repeats, few = (1, 4) if quick else (5, 20)
    sample = list(islice(clips(config, annotations)[0], few))
    frames = [list(clip.frames()) for clip in sample]
    drawn = sum(map(len, frames))
    draw = cpu_seconds(lambda: [sum(1 for _ in clip.frames()) for clip in sample], repeats)
    encode = cpu_seconds(lambda: [write_clip(folder / "clip.mp4", clip, config.frame_rate) for clip in frames], repeats)
    start = time.perf_counter()
    synthesise(config, folder / "corpus", workers, annotations)
    seconds = time.perf_counter() - start
    corpus = Corpus.open(folder / "corpus")
    lengths = [row.num_frames for split in corpus.splits for row in corpus.rows(split)]
    return {
        "draw_frames_per_second_and_core": round(drawn / median(draw)),
        "encode_frames_per_second_and_core": round(drawn / median(encode)),
        "floor_frames_per_second": round(workers * drawn / (median(draw) + median(encode))),
        "draw_spread": round(max(draw) / min(draw), 2),
        "encode_spread": round(max(encode) / min(encode), 2),
        "corpus_frames_per_second": round(sum(lengths) / seconds),
        "corpus_clips_per_minute": round(60 * len(lengths) / seconds),
        "corpus_frames": sum(lengths),
        "frames_per_clip": round(sum(lengths) / len(lengths), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--clips", type=int, default=400)
    parser.add_argument("--frames", type=int)
    parser.add_argument("--workers", type=int, default=cores())
    options = parser.parse_args()
    sizes = {"train": 4 if options.quick else options.clips, "dev": 1, "test": 1, "test_unseen_signer": 0}
    config, annotations = SigningConfig(size=options.size, **sizes), None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.frames is not None:
            make_tables(folder, config, options.frames)
            config, annotations = config.model_copy(update={"annotations": "phoenix14t"}), folder
        rates = measure(config, folder, annotations, options.workers, options.quick)
    result = {
        "benchmark": "signing",
        "command": shlex.join(["python", *sys.argv]),
        "size": options.size,
        **rates,
        "workers": options.workers,
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "pillow": version("pillow"),
        "av": version("av"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
