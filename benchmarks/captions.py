"""Does a long video of the demo's signer fall into its sentences, and what does that cost their translations?

Usage: python benchmarks/captions.py [--quick] [--run demo] [--sentences 40]

Dev sentences, ten to a video, none of which the run was trained on or the thresholds were chosen by. `one camera`: the
signer goes on, resting so long between two sentences beside the 0.18 s that each has of its own. `clips joined`: every
sentence is a clip with a camera of its own, by one signer or by unlike ones. A boundary (the middle between two
captions) is found within 0.5 s of a true one. Plain twins: rests by stillness alone, whatever the pose; a cut every so
many seconds as a sentence has on average. BLEU is that of the captions, each counted to the sentence that its middle
lies in, beside that of the true sentences' frames translated one by one.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from measure import circumstances, tell

from sign2gpt.common.progress import track
from sign2gpt.inference.captions import movement
from sign2gpt.inference.captions.captions import Caption, caption_video, usual_segmentation
from sign2gpt.inference.captions.segments import segments
from sign2gpt.inference.translator import Translator
from sign2gpt.metrics.scores import score
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts
from sign2gpt.signing.long import Span, sign_scripts
from sign2gpt.signing.script import Script
from sign2gpt.video.decode import read_clip
from sign2gpt.video.encode import write_clip

TOGETHER = 10
NEAR_S = 0.5
PROTOCOL = "plain"


@dataclass(frozen=True)
class Setting:
    """How long videos are made: ``joined`` clips of ``unlike`` signers or not, with rests between."""

    rest_s: float
    joined: bool = False
    unlike: bool = False

    @property
    def name(self) -> str:
        film = "one camera" if not self.joined else f"clips joined, {'unlike signers' if self.unlike else 'one signer'}"
        return f"{film}, rest {self.rest_s:g} s"


SETTINGS = [
    *(Setting(rest_s) for rest_s in (0.0, 0.2, 0.5, 1.0)),
    *(Setting(rest_s, joined=True, unlike=unlike) for unlike in (False, True) for rest_s in (0.0, 0.5)),
]


@dataclass
class Boundaries:
    """Counts over videos."""

    found: int = 0
    true: int = 0
    near: int = 0

    def add(self, found: Sequence[float], true: Sequence[float]) -> None:
        left = list(found)
        for time_s in true:
            nearest = min(left, key=lambda other: abs(other - time_s), default=math.inf)
            if abs(nearest - time_s) <= NEAR_S:
                left.remove(nearest)
                self.near += 1
        self.found, self.true = self.found + len(found), self.true + len(true)

    def told(self) -> dict[str, float]:
        return {"precision": round(self.near / max(self.found, 1), 3), "recall": round(self.near / self.true, 3)}


def middles(spans: Sequence[Span]) -> list[float]:
    return [(before[1] + after[0]) / 2 for before, after in pairwise(spans)]


def film(setting: Setting, sentences: Sequence[Script], number: int, path: Path, config: SigningConfig) -> list[Span]:
    """Writes one long video; gives from when to when each sentence is signed."""
    crowd = signers(config.signer_seed, config.signers + 1)
    if not setting.joined:
        frames, spans = sign_scripts(sentences, crowd[number % len(crowd)], config, number, setting.rest_s)
        write_clip(path, frames, config.frame_rate)
        return spans
    taken, spans = list[np.ndarray](), list[Span]()
    for place, sentence in enumerate(sentences):
        who = crowd[(number + 3 * place * setting.unlike) % len(crowd)]
        clip, _ = sign_scripts([sentence], who, config, TOGETHER * number + place, 0.0)
        start = len(taken)
        taken += clip
        spans.append((start / config.frame_rate, len(taken) / config.frame_rate))
        taken += [taken[-1]] * round(setting.rest_s * config.frame_rate)
    write_clip(path, taken, config.frame_rate)
    return spans


def told(captions: Sequence[Caption], spans: Sequence[Span]) -> list[str]:
    """What was said of each sentence: the captions whose middle lies nearest to its own."""
    said: list[list[str]] = [[] for _ in spans]
    for caption in captions:
        middle = (caption.start_s + caption.end_s) / 2
        nearest = min(range(len(spans)), key=lambda place: max(spans[place][0] - middle, middle - spans[place][1]))
        said[nearest].append(caption.text)
    return [" ".join(texts) for texts in said]


def measure(setting: Setting, sentences: Sequence[Script], translator: Translator, folder: Path) -> dict[str, Any]:
    config = SigningConfig(tempo=1.3)
    rate, size = translator.frame_rate, translator.stored_size
    ours, still, even = Boundaries(), Boundaries(), Boundaries()
    captioned, whole = list[str](), list[str]()
    spent, lasted = 0.0, 0.0
    for number in range(len(sentences) // TOGETHER):
        path = folder / "long.mp4"
        spans = film(setting, sentences[number * TOGETHER : (number + 1) * TOGETHER], number, path, config)
        started = time.process_time()
        captions = list(caption_video(translator, path))
        spent += time.process_time() - started
        frames = read_clip(path, frame_rate=rate, size=size).frames
        lasted += len(frames) / rate
        clips = [frames[round(start * rate) : round(end * rate)] for start, end in spans]
        captioned += told(captions, spans)
        whole += [found.text for found in translator.translate(clips)]
        ours.add(middles([(caption.start_s, caption.end_s) for caption in captions]), middles(spans))
        with patch.object(movement, "SAME_POSE", math.inf):
            plain = list(segments(frames, rate, usual_segmentation(translator)))
        still.add(middles([(segment.start_s, segment.end_s) for segment in plain]), middles(spans))
        even.add([len(frames) / rate * (place + 1) / len(spans) for place in range(len(spans) - 1)], middles(spans))
    references = [sentence.text for sentence in sentences]
    bleu = [score(texts, references, PROTOCOL, bootstrap=0)["bleu4"].score for texts in (captioned, whole)]
    return {
        "setting": setting.name,
        "boundaries": ours.true,
        **ours.told(),
        "stillness_alone": still.told(),
        "evenly_cut": even.told(),
        "processor_seconds_of_ten_minutes": round(600 * spent / lasted, 1),
        "bleu4_captions": round(bleu[0], 1),
        "bleu4_whole_clips": round(bleu[1], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--run", default="demo")
    parser.add_argument("--sentences", type=int, default=40)
    parser.add_argument("--output", type=Path, help="also write the result here")
    options = parser.parse_args()
    settings = SETTINGS[1:2] if options.quick else SETTINGS
    count = TOGETHER if options.quick else options.sentences
    sentences = scripts(SigningConfig(train=1, dev=count, test=1, test_unseen_signer=0))["dev"]
    translator = Translator.from_pretrained(options.run, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(setting, sentences, translator, Path(folder)) for setting in track(settings, "settings")]
    result = {"benchmark": "captions", "sentences": count, "protocol": PROTOCOL, "settings": rows}
    result |= circumstances(torch.device("cpu"))
    tell(result, options.output)


if __name__ == "__main__":
    main()
