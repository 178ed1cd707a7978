"""What a worker does for the page: translate, sign, write downloads, describe its run; all as plain containers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sign2gpt.app.limits import PageLimits, check_video
from sign2gpt.app.worker.avatar import sign
from sign2gpt.common.errors import UserError
from sign2gpt.inference.captions.captions import Caption, caption_video, is_one_sentence
from sign2gpt.inference.captions.files import WRITERS, write_captions
from sign2gpt.inference.examples import examples_of
from sign2gpt.inference.translation import FORMAT
from sign2gpt.inference.translator import Translator
from sign2gpt.signing.body.render import NOTICE
from sign2gpt.video.decode import shown_frames

Answer = dict[str, Any]
GUESSES = 6
"""About how many times a sentence is shown before the end of its video."""


class Tasks:
    """A loaded run, and the tasks that `Worker.ask` can name."""

    def __init__(self, run: str, limits: PageLimits, device: str) -> None:
        self.limits = limits
        self.translator = Translator.from_pretrained(run, device, longest_s=limits.seconds)
        self.translator.require("translate")

    def about(self) -> Iterator[Answer]:
        """What the run folder states about the run."""
        run = self.translator.run
        corpus: dict[str, Any] = run.info.get("corpus", {})
        yield {
            "name": run.recipe.get("name", run.folder.name),
            "notes": run.recipe.get("notes", ""),
            "invented": corpus.get("notice", "").startswith(NOTICE),
            "corpus": {key: corpus.get(key, "") for key in ("name", "language", "licence", "notice")},
            "calibrated": run.calibration is not None,
            "signs": bool(run.recipe.get("signing")) and corpus.get("notice", "").startswith(NOTICE),
            "bleu4": run.info.get("dev", {}).get("bleu4"),
            "glosses": len(run.glosses or []),
            "parameters": sum(weight.numel() for weight in run.model.parameters()),
            "frame_rate": self.translator.frame_rate,
            "size": self.translator.stored_size,
        }

    def examples(self) -> Iterator[Answer]:
        """Clips to try the run on."""
        found = examples_of(self.translator.run)
        yield {"examples": [{key: str(value) for key, value in asdict(example).items()} for example in found]}

    def translate(self, video: str) -> Iterator[Answer]:
        """The text so far with the ``share`` of the video that was read, then the whole translation.

        A video longer than the run's sentences is cut into several: ``captions`` has one for each.
        """
        started, path = time.perf_counter(), Path(video)
        duration_s = check_video(path, self.limits)
        whole = is_one_sentence(self.translator, duration_s)
        for found in self._sentence(path, duration_s) if whole else self._captioned(path, duration_s):
            if "captions" in found:
                found["format"], found["duration_s"] = FORMAT, round(duration_s, 3)
                found["timings"] = {"work_s": round(time.perf_counter() - started, 3)}
            yield found

    def sign(self, text: str, out: str) -> Iterator[Answer]:
        """Writes the video of a text to ``out``."""
        signing: dict[str, Any] = self.translator.run.recipe.get("signing", {})
        yield asdict(sign(text, Path(out), signing, self.limits.glosses))

    def export(self, video: str, captions: Sequence[Mapping[str, Any]], folder: str) -> Iterator[Answer]:
        """Writes the downloads of a translation into ``folder``, and states their names."""
        yield {"files": write_downloads(self.translator, Path(video), captions, Path(folder))}

    def _sentence(self, path: Path, duration_s: float) -> Iterator[Answer]:
        rate, size = self.translator.frame_rate, self.translator.stored_size
        start_s, frames = shown_frames(path, frame_rate=rate, size=size)
        for found in self.translator.stream(frames, every_s=max(1.0, duration_s / GUESSES)):
            if not found.final:
                yield {"text": found.text, "share": min(1.0, (start_s + found.seen_s) / duration_s)}
                continue
            caption = Caption.of(found, start_s, start_s + found.seen_s).to_json()
            yield {"text": found.text, "captions": [caption]}

    def _captioned(self, path: Path, duration_s: float) -> Iterator[Answer]:
        captions: list[Answer] = []
        for found in caption_video(self.translator, path):
            captions.append(found.to_json())
            yield {"text": found.text, "share": min(1.0, found.end_s / duration_s)}
        text = "\n".join(caption["text"] for caption in captions)
        yield {"text": text, "captions": captions}


def write_downloads(
    translator: Translator, video: Path, captions: Sequence[Mapping[str, Any]], folder: Path
) -> list[str]:
    """Writes captions of ``video`` in all formats into ``folder``, and an image of its pseudo-glosses; their names.

    There is an image if the video is one sentence, the run locates pseudo-glosses and a font has their letters.

    Raises:
        UserError: the video cannot be read again.
    """
    found = TypeAdapter(list[Caption]).validate_python(captions)
    names = [f"captions{suffix}" for suffix in WRITERS]
    for name in names:
        write_captions(folder / name, found, video)
    if len(found) == 1 and found[0].pseudo_glosses is not None:
        from sign2gpt.evaluation.plots.localisation import save_picture

        placed, frames = translator.localize(video)
        with suppress(UserError):
            save_picture(folder / "pseudo-glosses.png", frames, placed, found[0].pseudo_glosses)
            names.append("pseudo-glosses.png")
    return names
