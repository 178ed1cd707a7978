"""The one facade: a clip in, its sentence out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.data.batch import SignBatch, SignSample, collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.translation import Translation
from sign2gpt.model import packed
from sign2gpt.model.decoding import Hypothesis, beam_candidates, beam_search
from sign2gpt.model.gated_decoder import GatedDecoder
from sign2gpt.model.hub import Run, load_run
from sign2gpt.video.arrays import fit_frames
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.sampling import sample_indices

Video = str | Path | np.ndarray | Tensor
SHIPPED = "demo"
LONGEST_S = 120.0
"""A clip is a sentence: longer video is refused unless asked for, since memory and time grow with it."""


class Translator:
    """Translates clips with a trained run.

    >>> translator = Translator.from_pretrained("demo")
    >>> print(translator.translate("clip.mp4").text)
    """

    def __init__(self, run: Run, device: str | torch.device = "cpu", longest_s: float = LONGEST_S) -> None:
        if run.model.decoder is None:
            raise UserError(f"{run.folder} is a pretraining run: it has no decoder to translate with; run `train` from it")
        self.run = run
        self.device = torch.device(device)
        self.longest_s = longest_s
        self.frames = FramesConfig.model_validate(run.recipe["frames"])
        self.model = run.model.to(self.device).eval()
        self.localizer = (run.localizer or run.model).to(self.device).eval()

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str = "auto") -> Translator:
        """Loads a run folder, or the model that comes along where ``path`` is "demo" (a folder of that name: "./demo").

        Raises:
            UserError: there is no run at ``path``, or it cannot be read.
        """
        folder = shipped_run() if str(path) == SHIPPED else Path(path)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(load_run(folder, "cpu"), device)

    @property
    def frame_rate(self) -> float:
        """Frames a second that clips are brought to before they are sampled."""
        return float(self.run.info["corpus"]["frame_rate"])

    @property
    def stored_size(self) -> int:
        """Side in pixels that clips are brought to before the model's crop."""
        return int(self.run.info["corpus"]["size"])

    @overload
    def translate(self, video: Video, frame_rate: float | None = None) -> Translation: ...
    @overload
    def translate(self, video: Sequence[Video], frame_rate: float | None = None) -> list[Translation]: ...
    def translate(
        self, video: Video | Sequence[Video], frame_rate: float | None = None
    ) -> Translation | list[Translation]:
        """Translates one clip or several, each with the same result alone as in company.

        Args:
            video: path of a video, a GIF or a folder of images, or frames (T, H, W, 3) uint8 RGB; or a list of these.
            frame_rate: frames a second of frames given as arrays; none: that of the run's corpus.

        Raises:
            UserError: a video cannot be read, or is longer than ``longest_s``.
        """
        if isinstance(video, (str, Path, np.ndarray, Tensor)):
            return self._translate_videos([video], frame_rate)[0]
        return self._translate_videos(video, frame_rate)

    def translate_rows(
        self, rows: Sequence[ClipRow], batch: int = 8, progress: Callable[[int], None] | None = None
    ) -> list[Translation]:
        """Translates clips of a corpus, in the order of ``rows``; ``progress`` is told the clips done in each batch."""
        dataset = SignDataset(list(rows), self.frames, seed=0, train=False)
        done: list[Translation] = []
        for group in batches(dataset, batch=batch, epoch=0, shuffle=False, workers=0):
            seconds = [row.num_frames / self.frame_rate for row in rows[len(done) : len(done) + len(group.ids)]]
            done += self._translate_batch(group, seconds)
            if progress is not None:
                progress(len(group.ids))
        return done

    def text_only(self) -> str:
        """The decoder's sentence without any video: gates shut, all else as trained."""
        decoder = self._decoder()
        return self._text(beam_search(decoder, None, **self._decoding())[0])

    def localize(self, video: Video, frame_rate: float | None = None) -> tuple[Localisation, np.ndarray]:
        """Presence of each pseudo-gloss over time, and the frames (T*, H, W, 3) that it was read from.

        Raises:
            UserError: the run has no pretraining head, or the video cannot be read.
        """
        if self.run.glosses is None:
            raise UserError(f"{self.run.folder} has no pretraining head: it was trained without pseudo-glosses")
        sample, duration_s = self._sample(video, frame_rate, "clip")
        group = collate([sample])
        with torch.inference_mode():
            found = self._localise(group, [duration_s])[0]
        return found, sample.frames.permute(0, 2, 3, 1).numpy()

    def _translate_videos(self, videos: Iterable[Video], frame_rate: float | None) -> list[Translation]:
        started = time.perf_counter()
        read = [self._sample(video, frame_rate, f"clip {place}") for place, video in enumerate(videos)]
        seconds = time.perf_counter() - started
        if not read:
            return []
        done = self._translate_batch(collate([sample for sample, _ in read]), [duration for _, duration in read])
        for translation in done:
            translation.timings["read_s"] = seconds / len(read)
        return done

    def _sample(self, video: Video, frame_rate: float | None, name: str) -> tuple[SignSample, float]:
        """One video as the model sees it, and its length in seconds."""
        from sign2gpt.video.decode import read_clip

        if isinstance(video, (str, Path)):
            clip = read_clip(
                Path(video), frame_rate=self.frame_rate, size=self.stored_size, max_seconds=self.longest_s
            ).frames
            name = str(video)
        else:
            array = video.cpu().numpy() if isinstance(video, Tensor) else video
            clip = fit_frames(array, frame_rate or self.frame_rate, self.frame_rate, self.stored_size)
        kept = sample_indices(len(clip), self.frames, None)
        frames = prepare_frames(torch.from_numpy(clip[kept]), self.frames, None)
        return SignSample(id=name, text="", frames=frames), len(clip) / self.frame_rate

    def _translate_batch(self, group: SignBatch, durations_s: Sequence[float]) -> list[Translation]:
        started = time.perf_counter()
        decoder = self._decoder()
        with torch.inference_mode():
            z, lengths = self.model.encode(group.frames.to(self.device), group.lengths)
            encoded = time.perf_counter()
            memory = decoder.remember(z, lengths)
            beams = beam_candidates(decoder, memory, **self._decoding())
            decoded = time.perf_counter()
            places = self._localise(group, durations_s, None if self.run.localizer else (z, lengths))
        threshold = self.run.config.prototypes.place_threshold
        located = time.perf_counter()
        share = {"encode_s": encoded - started, "decode_s": decoded - encoded, "localise_s": located - decoded}
        timings = {name: seconds / len(group.ids) for name, seconds in share.items()}
        return [
            Translation(
                id=name,
                text=self._text(found[0]),
                log_probability=found[0].log_probability,
                alternatives=[(self._text(other), other.log_probability) for other in found[1:]],
                pseudo_glosses=place.placed(threshold) if place else None,
                timings=dict(timings),
            )
            for name, found, place in zip(group.ids, beams, places, strict=True)
        ]

    def _localise(
        self, group: SignBatch, durations_s: Sequence[float], encoded: tuple[Tensor, Tensor] | None = None
    ) -> list[Localisation] | list[None]:
        """Presence over time of each clip, from features that are at hand or through the localizer."""
        glosses = self.run.glosses
        if glosses is None or self.localizer.prototypes is None:
            return [None] * len(group.ids)
        z, lengths = encoded or self.localizer.encode(group.frames.to(self.device), group.lengths)
        presence = self.localizer.prototypes(z, lengths).presence[:, : len(glosses)].float().cpu()
        step = self.frames.stride * (2 if self.run.config.downsample else 1) / self.frame_rate
        parts = zip(packed.split(presence, lengths), durations_s, strict=True)
        return [Localisation(part.numpy(), glosses, step, seconds) for part, seconds in parts]

    def _decoder(self) -> GatedDecoder:
        assert self.model.decoder is not None
        return self.model.decoder

    def _decoding(self) -> dict[str, Any]:
        return self.run.config.decoding.model_dump()

    def _text(self, hypothesis: Hypothesis) -> str:
        assert self.run.tokenizer is not None
        return self.run.tokenizer.decode(hypothesis.ids)


def shipped_run() -> Path:
    """The folder of the model that comes along."""
    return Path(str(resources.files("sign2gpt"))) / "assets" / "demo"


def shipped_examples() -> Iterator[Path]:
    """The example clips that come along."""
    folder = Path(str(resources.files("sign2gpt"))) / "assets" / "examples"
    yield from sorted(folder.glob("*.mp4"))
