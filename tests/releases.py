"""Releases in the layout in which they are published, with the real tables and images that are drawn."""

from __future__ import annotations

import io
import tarfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from sign2gpt.video.encode import write_clip

ROOT = "PHOENIX-2014-T-release-v3/PHOENIX-2014-T"
FRAMES = "features/fullFrame-210x260px"
HOW2SIGN = "VIDEO_ID\tVIDEO_NAME\tSENTENCE_ID\tSENTENCE_NAME\tSTART_REALIGNED\tEND_REALIGNED\tSENTENCE\n"
SENTENCES = 8
"""Of a video of the How2Sign release that have pictures."""


def phoenix14t(folder: Path, shared: Path, clips: int = 2, most_frames: int = 30, list_all: bool = True) -> Path:
    """A release of RWTH-PHOENIX-Weather 2014 T: images for the first clips of each split, all rows or theirs alone."""
    corpora = shared / "corpora" / "PHOENIX-2014-T"
    tables = folder / ROOT / "annotations" / "manual"
    tables.mkdir(parents=True)
    for table in corpora.glob("*.csv"):
        rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
        (tables / table.name).write_text("".join(rows if list_all else rows[: clips + 1]), encoding="utf-8")
    for split in ("train", "dev", "test"):
        lengths = (corpora / f"frames.{split}.tsv").read_text().splitlines()[1 : clips + 1]
        for name, count in (line.split("\t") for line in lengths):
            place = folder / ROOT / FRAMES / split / name
            place.mkdir(parents=True)
            for number in range(min(int(count), most_frames)):
                (place / f"images{number + 1:04d}.png").write_bytes(png(number, len(name)))
    return folder


@lru_cache
def png(number: int, shade: int = 0, width: int = 210, height: int = 260) -> bytes:
    """A hand's width of blue that wanders over grey."""
    picture = np.full((height, width, 3), 120 + shade, np.uint8)
    picture[5 * number % 200 :][:60, 40:100] = (20, 60, 200)
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "png", compress_level=1)
    return held.getvalue()


def how2sign(folder: Path) -> Path:
    """A release of How2Sign: a video a split, of one sentence more than `SENTENCES`; it begins where the video ends."""
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        video = f"{split}-3-rgb_front"
        noise = rng.integers(0, 255, (SENTENCES * 10, 72, 128, 3), dtype=np.uint8)
        write_clip(folder / "video_level" / split / "rgb_front" / f"{video}.mp4", noise, 24)
        rows = [
            f"{split}\t{video}\t{split}_{n}\t{split}_{n}-3-rgb_front\t{n * 10 / 24:.4f}\t{(n + 1) * 10 / 24:.4f}\t"
            f"It's {split}_{n}.\n"
            for n in range(SENTENCES + 1)
        ]
        (folder / f"how2sign_realigned_{split}.csv").write_text(HOW2SIGN + "".join(rows))
    return folder


def packed(release: Path, archive: Path) -> Path:
    """The release as an archive: a clip's images are together there, but in no order."""
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as tar:
        for path in sorted(release.rglob("*"), key=lambda path: (str(path.parent), path.name[::-1])):
            tar.add(path, path.relative_to(release), recursive=False)
    return archive
