"""How long does a new process take from its start to its first sentence, and what of that is import, load, work?

Usage: python benchmarks/first_translation.py [--quick] [--run demo] [--seconds 5] [--repeats 5] [--threads 2]

Each round starts processes of their own: `ours` imports what a translation uses; `plain` also the libraries that the
rest of the package uses, as it would if its files imported them at their head. Both must say the same. The command is
`sign2gpt translate`, with the command line's own imports. The floor is the import of torch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ALL_AT_ONCE = ("torchvision.transforms.v2", "timm", "transformers")
RATE = 25.0


class Stopwatch:
    """Seconds of one part after the other, the first from ``since`` on."""

    def __init__(self, since: float) -> None:
        self.last, self.seconds = since, dict[str, float]()

    def lap(self, part: str) -> None:
        now = time.time()
        self.seconds[part], self.last = now - self.last, now


def translate(run: str, clip: str, plain: bool, since: float) -> dict[str, Any]:
    """What a new process does, part by part."""
    watch = Stopwatch(since)
    watch.lap("interpreter")
    import torch

    watch.lap("torch")
    if plain:
        for name in ALL_AT_ONCE:
            __import__(name)
        watch.lap("libraries")
    from sign2gpt.inference.translator import Translator

    watch.lap("import")
    translator = Translator.from_pretrained(run, "cpu")
    watch.lap("load")
    found = translator.translate(clip)
    watch.lap("translate")
    translator.translate(clip)
    watch.lap("translate again")
    return {
        "text": found.text,
        "log_probability": found.log_probability,
        "threads": torch.get_num_threads(),
        "seconds": watch.seconds,
    }


def in_a_process(*arguments: str, threads: int) -> tuple[str, float]:
    """What a new process prints, and its seconds from start to end."""
    started = time.time()
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout, time.time() - started


def write_video(path: Path, seconds: float) -> None:
    """The examples that come along, one behind the other, so long."""
    from itertools import chain, cycle, islice

    from sign2gpt.inference.translator import shipped_examples
    from sign2gpt.video.decode import iter_frames
    from sign2gpt.video.encode import write_clip

    clips = (iter_frames(example, frame_rate=RATE, size=None) for example in cycle(shipped_examples()))
    write_clip(path, islice(chain.from_iterable(clips), round(seconds * RATE)), RATE)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    sides: dict[str, list[dict[str, Any]]] = {"ours": [], "plain": []}
    command: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_video(clip, options.seconds)
        for _ in range(options.repeats + (not options.quick)):  # the first fills the machine's file cache
            for side, found in sides.items():
                call = [__file__, "--child", str(time.time()), "--run", options.run, "--clip", str(clip)]
                printed, _ = in_a_process(*call, *(["--plain"] if side == "plain" else []), threads=options.threads)
                found.append(json.loads(printed))
            call = ["-m", "sign2gpt", "translate", options.run, str(clip), "--json"]
            printed, seconds = in_a_process(*call, threads=options.threads)
            command.append(seconds)
    for ours, plain in zip(sides["ours"], sides["plain"], strict=True):
        assert ours["text"] == plain["text"] == json.loads(printed)[0]["text"]
        assert abs(ours["log_probability"] - plain["log_probability"]) < 1e-3
    totals = {side: [first(one["seconds"]) for one in found[-options.repeats :]] for side, found in sides.items()}
    ratios = [slow / fast for fast, slow in zip(totals["ours"], totals["plain"], strict=True)]
    parts = {
        name: round(median(one["seconds"][name] for one in sides["ours"][-options.repeats :]), 3)
        for name in ours["seconds"]
    }
    total = median(totals["ours"])
    return {
        "first_sentence_seconds": round(total, 3),
        "plain_seconds": round(median(totals["plain"]), 3),
        "times_as_fast": round(median(ratios), 2),
        "ratios": [round(min(ratios), 2), round(max(ratios), 2)],
        "parts_seconds": parts,
        "parts_share": {name: round(value / total, 3) for name, value in parts.items() if name != "translate again"},
        "command_seconds": round(median(command[-options.repeats :]), 3),
        "floor_seconds": round(parts["interpreter"] + parts["torch"], 3),
        "text": ours["text"],
    }


def first(seconds: dict[str, float]) -> float:
    return sum(value for part, value in seconds.items() if part != "translate again")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--run", default="demo")
    parser.add_argument("--seconds", type=float, default=5.0, help="of video")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, help="also write the result here")
    for internal in ("--child", "--clip"):
        parser.add_argument(internal, help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(translate(options.run, options.clip, options.plain, float(options.child))))
        return
    if options.quick:
        options.seconds, options.repeats, options.threads = 1.0, 1, 1
    import torch
    from measure import circumstances

    from sign2gpt.common.files import write_json

    result = {
        "benchmark": "first_translation",
        "run": options.run,
        "clip_seconds": options.seconds,
        "repeats": options.repeats,
        **measure(options),
        **circumstances(torch.device("cpu")),
        "threads": options.threads,
        "clock": "time",
    }
    if options.output is not None:
        write_json(options.output, result)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
