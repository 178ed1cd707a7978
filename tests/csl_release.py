"""CSL-Daily's release as it is laid out, with as many frames as a test wants to draw."""

from __future__ import annotations

import csv
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.codec.context import CodecContext
from av.video.frame import VideoFrame

LISTED_ONLY = "S000005_P0004_T00"
LABELLED_ONLY = "S000007_P0003_T00"


@dataclass(frozen=True)
class Signed:
    """A row of the release."""

    name: str
    split: str
    glosses: list[str]
    text: str
    num_frames: int


def annotated(shared: Path) -> list[Signed]:
    """Every clip of the real corpus."""
    with (shared / "corpora/CSL-Daily/annotations.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Signed(r["name"], r["split"], r["gloss"].split(), r["text"], int(r["num_frames"])) for r in rows]


def write_release(folder: Path, clips: Iterable[Signed], drawn: Iterable[str]) -> None:
    """Labels and splits with the faults of the real ones, and the frames of the clips named in ``drawn``."""
    clips, drawn = list(clips), set(drawn)
    (folder / "sentence_label").mkdir(parents=True)
    unlisted = Signed(LABELLED_ONLY, "", ["他", "谁"], "他是谁？", 55)
    info = [_label(clip) for clip in [*clips, unlisted]]
    content = {"info": info, "gloss_map": ["他", "谁"], "char_map": ["他", "是", "谁"]}
    (folder / "sentence_label/csl2020ct_v2.pkl").write_bytes(pickle.dumps(content, 3))
    lines = [f"{LISTED_ONLY}|train", *(f"{clip.name}|{clip.split}" for clip in clips)]
    (folder / "sentence_label/split_1.txt").write_text("name|split\n" + "".join(f"{line}\n" for line in lines))
    for clip in clips:
        if clip.name in drawn:
            write_images(folder / "sentence/frames_512x512" / clip.name, clip.num_frames)


def write_images(folder: Path, count: int) -> None:
    """512x512 pictures: frame n is grey of level 4 n, three to each level."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:06}.jpg").write_bytes(jpeg(number // 3 * 12 % 240))


def jpeg(level: int, _made: dict[int, bytes] = {}) -> bytes:  # noqa: B006  the same few levels again and again
    if level not in _made:
        encoder = CodecContext.create("mjpeg", "w")
        encoder.width, encoder.height, encoder.pix_fmt = 512, 512, "yuvj420p"
        picture = VideoFrame.from_ndarray(np.full((512, 512, 3), level, np.uint8)).reformat(
            format="yuvj420p", dst_color_range="JPEG"
        )
        _made[level] = b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
    return _made[level]


def _label(clip: Signed) -> dict[str, object]:
    return {
        "name": clip.name,
        "length": clip.num_frames,
        "label_gloss": clip.glosses,
        "label_char": list(clip.text),
        "label_word": [clip.text],
        "label_postag": ["n"],
        "signer": int(clip.name[9:13]),
        "time": 0,
    }
