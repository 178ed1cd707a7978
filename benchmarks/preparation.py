"""How many frames a second does an importer bring from images of a release to clips of a corpus?

Usage: python benchmarks/preparation.py [--quick] [--size 256] [--clips 5]

One process; rates are frames a second of CPU time, so that other work on the machine does not count. Floors: `encode`
is PyAV's own rate for frames that are there already, `decode` reads images and brings them to their size; no importer
is faster than the two together. `tree` and `archive` are what `sign2gpt prepare phoenix14t` does with a made release,
all that it does beside included. Images are gradients with noise: the release's 210x260 pixels and, with 42 kB, its
mean size.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import shlex
import sys
import tarfile
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from sign2gpt.common.engine import cores
from sign2gpt.data.importers.image_folders import read_images
from sign2gpt.data.importers.phoenix14t import COLUMNS, prepare_phoenix14t
from sign2gpt.data.importers.phoenix14t_release import IMAGES, SPLITS, TABLES, table_name
from sign2gpt.data.importers.release import ImportOptions
from sign2gpt.video.encode import write_clip

LENGTH = 112
"""Frames of the median clip."""


def image(rng: np.random.Generator, number: int) -> bytes:
    """A PNG of a hand's width of colour that wanders over a noisy gradient."""
    rows, columns = np.mgrid[:260, :210]
    picture = np.stack([120 + rows / 4, 100 + columns / 4, 160 - rows / 5], axis=-1)
    picture[3 * number % 200 :][:60, 60:120] = (190, 140, 110)
    held = io.BytesIO()
    noisy = np.clip(picture + rng.normal(0, 0.6, (260, 210, 1)), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(held, "png")
    return held.getvalue()


def make_release(folder: Path, clips: int, length: int) -> None:
    """A release in PHOENIX14T's layout, ``clips`` in each split; they share their images' contents."""
    rng = np.random.default_rng(0)
    images = [image(rng, number) for number in range(length)]
    for split in SPLITS:
        names = [f"{split}{clip}" for clip in range(clips)]
        rows = [f"{name}|{name}/1/*.png|-1|-1|Signer01|REGEN|es regnet\n" for name in names]
        table = folder / TABLES / table_name(split)
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text("|".join(COLUMNS) + "\n" + "".join(rows))
        for name in names:
            place = folder / IMAGES / split / name
            place.mkdir(parents=True)
            for number, content in enumerate(images, start=1):
                (place / f"images{number:04d}.png").write_bytes(content)


def measure(folder: Path, size: int, clips: int, length: int, repeats: int) -> dict[str, list[float]]:
    """Frames a second of each way, in runs that take turns: a machine that drifts does so under all of them."""
    release, archive = folder / "release", folder / "release.tar.gz"
    make_release(release, clips, length)
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(release, "PHOENIX-2014-T")
    paths = sorted((release / IMAGES / "train" / "train0").iterdir())
    frames = list(read_images(paths, size=size, fit="stretch"))
    options = ImportOptions(size=size, workers=1)

    def run(name: str) -> float:
        """Seconds of CPU time."""
        start = time.process_time()
        if name == "encode":
            for _ in range(3 * clips):
                write_clip(folder / "clip.mp4", frames, 25)
        elif name == "decode":
            for _ in range(3 * clips):
                list(read_images(paths, size=size, fit="stretch"))
        else:
            source = release if name == "tree" else archive
            prepare_phoenix14t(source, folder / f"{name}{time.monotonic_ns()}", options)
        return time.process_time() - start

    names = ("encode", "decode", "tree", "archive")
    for name in names:
        run(name)
    seconds = {name: [] for name in names}
    for _ in range(repeats):
        for name in names:
            seconds[name].append(run(name))
    return {name: [3 * clips * length / taken for taken in runs] for name, runs in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--clips", type=int, default=5, help="in each of the three splits")
    options = parser.parse_args()
    clips, length, repeats = (1, 5, 1) if options.quick else (options.clips, LENGTH, 5)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SIGN2GPT_CACHE"] = folder
        found = measure(Path(folder), options.size, clips, length, repeats)
    middle = {name: median(runs) for name, runs in found.items()}
    floor = 1 / (1 / middle["encode"] + 1 / middle["decode"])
    result = {
        "benchmark": "preparation",
        "command": shlex.join(["python", *sys.argv]),
        "size": options.size,
        "frames_per_second_and_core": {name: round(rate) for name, rate in middle.items()},
        "spread": {name: round(max(runs) / min(runs), 2) for name, runs in found.items()},
        "image_bytes": len(image(np.random.default_rng(0), 0)),
        "floor_frames_per_second_and_core": round(floor),
        "share_of_floor": {name: round(middle[name] / floor, 2) for name in ("tree", "archive")},
        "share_of_encode": {name: round(middle[name] / middle["encode"], 2) for name in ("tree", "archive")},
        "cores": cores(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "av": version("av"),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
