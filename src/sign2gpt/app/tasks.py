"""What a worker does for the page: translate, sign, tell about its run. Every task yields plain containers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sign2gpt.app.avatar import sign
from sign2gpt.app.limits import Limits
from sign2gpt.app.uploads import check_video
from sign2gpt.inference.translator import Translator
from sign2gpt.video.decode import iter_frames

Answer = dict[str, Any]
GUESSES = 6
"""About how many times a sentence is told on the way to the end of its video."""


class Tasks:
    """A loaded run and what can be asked of it."""

    def __init__(self, run: str, limits: Limits, device: str) -> None:
        self.limits = limits
        self.translator = Translator.from_pretrained(run, device, longest_s=limits.seconds)
        self.translator.decoder()

    def about(self) -> Iterator[Answer]:
        """What the run folder tells of itself."""
        run = self.translator.run
        corpus: dict[str, Any] = run.info.get("corpus", {})
        yield {
            "name": run.recipe.get("name", run.folder.name),
            "notes": run.recipe.get("notes", ""),
            "corpus": {key: corpus.get(key, "") for key in ("name", "language", "licence", "notice")},
            "bleu4": run.info.get("dev", {}).get("bleu4"),
            "glosses": len(run.glosses or []),
            "parameters": sum(weight.numel() for weight in run.model.parameters()),
            "frame_rate": self.translator.frame_rate,
            "size": self.translator.stored_size,
        }

    def translate(self, video: str) -> Iterator[Answer]:
        """The sentence as it grows with the video, then the whole translation."""
        started, path = time.perf_counter(), Path(video)
        duration_s = check_video(path, self.limits)
        rate, size = self.translator.frame_rate, self.translator.stored_size
        frames = iter_frames(path, frame_rate=rate, size=size)
        for found in self.translator.stream(frames, every_s=max(1.0, duration_s / GUESSES)):
            if not found.final:
                yield {"text": found.text, "share": min(1.0, found.seen_s / max(duration_s, found.seen_s))}
                continue
            spent = time.perf_counter() - started
            timings = {"video_s": found.seen_s, "work_s": spent, "decode_s": found.timings["decode_s"]}
            yield found.to_json() | {"id": path.name, "timings": {k: round(v, 3) for k, v in timings.items()}}

    def sign(self, text: str, out: str) -> Iterator[Answer]:
        """Writes the video of a text to ``out``."""
        signing: dict[str, Any] = self.translator.run.recipe.get("signing", {})
        yield asdict(sign(text, Path(out), signing, self.limits.glosses))
