"""How often does a run call a clip unlike those of its training, for clips that are like them and clips that are not?

Usage: python benchmarks/trust.py [--quick] [--run demo] [--clips 20] [--video REAL.mp4 ...]

Like: sentences of the demo's dev (on which it was calibrated) and test, by its own signers, by one more, and by signers
of another seed. Unlike: another invented language (lexicon seed), the same clips at other speeds, changed, and video
that holds no signing at all. Each alarm counts, also beside the signal that gave it. ``--video`` adds files of yours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measure import circumstances, tell
from PIL import Image, ImageDraw

from sign2gpt.common.errors import UserError
from sign2gpt.common.progress import track
from sign2gpt.inference.clip_reader import CLIPS
from sign2gpt.inference.translator import Translator
from sign2gpt.inference.trust import SIGNALS, Trust
from sign2gpt.signing.clips import signed_clips
from sign2gpt.signing.config import SigningConfig

Clips = Iterator[np.ndarray]
SIZE = 64
QUICK = ("dev", "frames shuffled", "moving shapes", "noise")


def signed(split: str, clips: int, **changes: Any) -> Clips:
    """Clips of the demo's signer, or of one with other seeds."""
    keys: dict[str, Any] = {"tempo": 1.3, "train": 1, "dev": 1, "test": 1, "test_unseen_signer": 1, split: clips}
    config = SigningConfig(**(keys | changes))
    return (np.stack(list(clip.frames())) for clip in signed_clips(config) if clip.split == split)


def noise(clips: int) -> Clips:
    random = np.random.default_rng(0)
    return (random.integers(0, 256, (int(random.integers(40, 120)), SIZE, SIZE, 3), np.uint8) for _ in range(clips))


def black(clips: int) -> Clips:
    return (np.zeros((20 + number, SIZE, SIZE, 3), np.uint8) for number in range(clips))


def shapes(clips: int) -> Clips:
    """Three discs that fly about before a plain wall."""
    for number in range(clips):
        random, frames = np.random.default_rng(number), list[np.ndarray]()
        colours = [tuple(map(int, random.integers(0, 256, 3))) for _ in range(4)]
        place, speed = random.uniform(8, SIZE - 8, (3, 2)), random.uniform(-4, 4, (3, 2))
        for _ in range(int(random.integers(40, 120))):
            picture = Image.new("RGB", (SIZE, SIZE), colours[3])
            brush = ImageDraw.Draw(picture)
            for (x, y), colour in zip(place.tolist(), colours[:3], strict=True):
                brush.ellipse([x - 8, y - 8, x + 8, y + 8], fill=colour)
            frames.append(np.asarray(picture))
            speed = np.where((place + speed < 8) | (place + speed > SIZE - 8), -speed, speed)
            place = place + speed
        yield np.stack(frames)


def changed(clips: int, change: Callable[[np.ndarray], np.ndarray]) -> Clips:
    return (np.ascontiguousarray(change(clip)) for clip in signed("test", clips))


def shuffled(clip: np.ndarray) -> np.ndarray:
    return clip[np.random.default_rng(len(clip)).permutation(len(clip))]


def closer(clip: np.ndarray) -> np.ndarray:
    """Its middle quarter, as large as the whole."""
    quarter = slice(SIZE // 4, -SIZE // 4)
    return np.stack([np.asarray(Image.fromarray(frame[quarter, quarter]).resize((SIZE, SIZE))) for frame in clip])


def kinds(clips: int) -> dict[str, Clips]:
    """Clips by kind, those that are like the training's first."""
    return {
        "dev": signed("dev", clips),
        "test": signed("test", clips),
        "one more signer": signed("test_unseen_signer", clips),
        "signers of another seed": signed("test", clips, signer_seed=5),
        "drawn at 128 pixels": signed("test", clips, size=128),
        "mirrored": changed(clips, lambda clip: clip[:, :, ::-1]),
        "signed slower (tempo 0.8)": signed("test", clips, tempo=0.8),
        "signed faster (tempo 2)": signed("test", clips, tempo=2.0),
        "played twice as slow": changed(clips, lambda clip: clip.repeat(2, 0)),
        "played twice as fast": changed(clips, lambda clip: clip[::2]),
        "played backwards": changed(clips, lambda clip: clip[::-1]),
        "another language (lexicon 1)": signed("test", clips, lexicon_seed=1),
        "another language (lexicon 2)": signed("test", clips, lexicon_seed=2),
        "frames shuffled": changed(clips, shuffled),
        "grey": changed(clips, lambda clip: clip.mean(-1, keepdims=True).repeat(3, -1).astype(np.uint8)),
        "twice as close": changed(clips, closer),
        "a still picture": changed(clips, lambda clip: clip[:1].repeat(len(clip), 0)),
        "moving shapes": shapes(clips),
        "noise": noise(clips),
        "black": black(clips),
    }


def judged(translator: Translator, clips: Iterable[np.ndarray | Path]) -> list[Trust]:
    waiting, found = iter(clips), list[Trust]()
    while group := list(islice(waiting, CLIPS)):
        found += [done.trust for done in translator.translate(group) if done.trust is not None]
    return found


def alarms(found: list[Trust]) -> dict[str, Any]:
    by = {key: sum(any(r.key == key for r in trust.reasons) for trust in found) / len(found) for key in SIGNALS}
    outside = sum(not trust.inside for trust in found) / len(found)
    return {"clips": len(found), "outside": round(outside, 3), "by": {key: round(rate, 3) for key, rate in by.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--run", default="demo")
    parser.add_argument("--clips", type=int, default=20, help="of each kind")
    parser.add_argument("--video", type=Path, action="append", default=[], help="one more kind (repeatable)")
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    translator = Translator.from_pretrained(options.run, "cpu")
    if translator.run.calibration is None:
        raise UserError(f"{options.run}: was not calibrated; run `sign2gpt calibrate` first")
    count = 1 if options.quick else options.clips
    chosen = {kind: clips for kind, clips in kinds(count).items() if kind in QUICK or not options.quick}
    rows = {kind: alarms(judged(translator, clips)) for kind, clips in track(chosen.items(), "kinds")}
    rows |= {path.name: alarms(judged(translator, [path])) for path in options.video}
    result = {"benchmark": "trust", "run": options.run, "least": translator.run.calibration.least, "kinds": rows}
    result |= circumstances(torch.device("cpu"))
    tell(result, options.output)


if __name__ == "__main__":
    main()
