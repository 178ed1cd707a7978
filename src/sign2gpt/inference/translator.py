"""The one facade: a clip in, its sentence out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.config import build
from sign2gpt.common.errors import UserError
from sign2gpt.data.batch import SignBatch, SignSample, collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.translation import Translation
from sign2gpt.model import packed
from sign2gpt.model.decoding import Hypothesis, beam_candidates, beam_search
from sign2gpt.model.gated_decoder import GatedDecoder
from sign2gpt.model.hub import ABOUT, RECIPE, Run, load_run
from sign2gpt.video.arrays import fit_frames
from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import FramesConfig
from sign2gpt.video.decode import read_clip
from sign2gpt.video.sampling import sample_indices

Video = str | Path | np.ndarray | Tensor
SHIPPED = "demo"
BATCH = 8
"""Clips that are translated at once."""
LONGEST_S = 120.0
"""A clip is a sentence: longer video is refused unless asked for, since memory and time grow with it."""


class Translator:
    """Translates clips with a trained run.

    Clips are brought to ``frame_rate`` frames a second before they are sampled, and to squares of ``stored_size``
    pixels before the model's crop, as the clips of the run's corpus were.

    >>> translator = Translator.from_pretrained("demo")
    >>> print(translator.translate("clip.mp4").text)
    """

    def __init__(self, run: Run, device: str | torch.device = "cpu", longest_s: float = LONGEST_S) -> None:
        self.run = run
        self.device = torch.device(device)
        self.longest_s = longest_s
        frames: Any = run.recipe.get("frames")  # a part that is missing has no silent defaults
        self.frames = build(FramesConfig, frames, where=f"{run.folder / RECIPE}: frames")
        self.frame_rate, self.stored_size = _stored(run)
        self.model = run.model.to(self.device).eval()
        self.localizer = (run.localizer or run.model).to(self.device).eval()

    @classmethod
    def from_pretrained(cls, path: str | Path, device: str = "auto", longest_s: float = LONGEST_S) -> Translator:
        """Loads a run folder, or the model that comes along where ``path`` is "demo" (a folder of that name: "./demo").

        Args:
            device: "cpu", "cuda", or "auto" for a GPU where there is one.
            longest_s: longer videos are refused.

        Raises:
            UserError: there is no run at ``path``, it cannot be read, or there is no such device.
        """
        folder = shipped_run() if str(path) == SHIPPED else Path(path)
        return cls(load_run(folder), device_called(device), longest_s)

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
            UserError: a video cannot be read, or is longer than ``longest_s``, or the run is a pretraining's.
        """
        self._decoder()
        if isinstance(video, (str, Path, np.ndarray, Tensor)):
            return self._translate_videos([video], frame_rate)[0]
        groups = (video[start : start + BATCH] for start in range(0, len(video), BATCH))
        return [done for group in groups for done in self._translate_videos(group, frame_rate)]

    def translate_rows(
        self, rows: Sequence[ClipRow], batch: int = BATCH, progress: Callable[[int], None] | None = None
    ) -> list[Translation]:
        """Translates clips of a corpus, in the order of ``rows``; ``progress`` is told the clips done in each batch."""
        self._decoder()
        dataset = SignDataset(list(rows), self.frames, seed=0, train=False)
        done: list[Translation] = []
        for group in batches(dataset, by_clips(len(rows), batch, None), epoch=0, workers=0):
            seconds = [row.num_frames / self.frame_rate for row in rows[len(done) : len(done) + len(group.ids)]]
            done += self._translate_batch(group, seconds)
            if progress is not None:
                progress(len(group.ids))
        return done

    def text_only(self) -> str:
        """The decoder's sentence without any video: gates shut, all else as trained."""
        return self._text(beam_search(self._decoder(), None, **self._decoding())[0])

    def localize(self, video: Video, frame_rate: float | None = None) -> tuple[Localisation, np.ndarray]:
        """Presence of each pseudo-gloss over time, and the frames (T*, H, W, 3) that it was read from.

        Raises:
            UserError: the run has no pretraining head, or the video cannot be read.
        """
        sample, duration_s = self._sample(video, frame_rate)
        with torch.inference_mode():
            found = self._localise(collate([sample]), [duration_s])
        if found is None:
            raise UserError(f"{self.run.folder}: has no pretraining head, it was trained without pseudo-glosses")
        return found[0], sample.frames.permute(0, 2, 3, 1).numpy()

    def _translate_videos(self, videos: Sequence[Video], frame_rate: float | None) -> list[Translation]:
        started = time.perf_counter()
        read = [self._sample(video, frame_rate) for video in videos]
        seconds = time.perf_counter() - started
        done = self._translate_batch(collate([sample for sample, _ in read]), [duration for _, duration in read])
        for translation in done:
            translation.timings["read_s"] = seconds / len(read)
        return done

    def _sample(self, video: Video, frame_rate: float | None) -> tuple[SignSample, float]:
        """One video as the model sees it, and its length in seconds."""
        if isinstance(video, (str, Path)):
            rate, size = self.frame_rate, self.stored_size
            clip = read_clip(Path(video), frame_rate=rate, size=size, max_seconds=self.longest_s).frames
        else:
            clip = self._fitted(video.cpu().numpy() if isinstance(video, Tensor) else video, frame_rate)
        kept = sample_indices(len(clip), self.frames, None)
        frames = prepare_frames(torch.as_tensor(clip[kept]), self.frames, None)
        name = str(video) if isinstance(video, (str, Path)) else "clip"
        return SignSample(id=name, text="", frames=frames), len(clip) / self.frame_rate

    def _fitted(self, frames: np.ndarray, frame_rate: float | None) -> np.ndarray:
        """A program's own frames at the run's rate and size."""
        rate = self.frame_rate if frame_rate is None else frame_rate
        if not rate > 0:
            raise UserError(f"frame_rate must be over 0 frames a second, got {rate:g}")
        if len(frames) > self.longest_s * rate:
            raise UserError(f"{len(frames)} frames at {rate:g} a second are longer than {self.longest_s:g} s; cut them")
        return fit_frames(frames, rate, self.frame_rate, self.stored_size)

    def _translate_batch(self, group: SignBatch, durations_s: Sequence[float]) -> list[Translation]:
        started = time.perf_counter()
        decoder = self._decoder()
        with torch.inference_mode():
            z, lengths = self.model.encode(group.frames.to(self.device), group.lengths)
            encoded = time.perf_counter()
            memory = decoder.remember(z, lengths)
            beams = beam_candidates(decoder, memory, **self._decoding())
            decoded = time.perf_counter()
            found = self._localise(group, durations_s, None if self.run.localizer else (z, lengths))
        threshold = self.run.config.prototypes.place_threshold
        located = time.perf_counter()
        share = {"encode_s": encoded - started, "decode_s": decoded - encoded, "localise_s": located - decoded}
        timings = {name: seconds / len(group.ids) for name, seconds in share.items()}
        places = [None] * len(beams) if found is None else [clip.placed(threshold) for clip in found]
        return [
            Translation(
                id=name,
                text=self._text(best),
                log_probability=best.log_probability,
                alternatives=[(self._text(other), other.log_probability) for other in others],
                pseudo_glosses=placed,
                timings=dict(timings),
            )
            for name, (best, *others), placed in zip(group.ids, beams, places, strict=True)
        ]

    def _localise(
        self, group: SignBatch, durations_s: Sequence[float], encoded: tuple[Tensor, Tensor] | None = None
    ) -> list[Localisation] | None:
        """Presence over time of each clip, from features at hand or through the localizer; None without a head."""
        glosses = self.run.glosses
        if glosses is None or self.localizer.prototypes is None:
            return None
        z, lengths = encoded or self.localizer.encode(group.frames.to(self.device), group.lengths)
        presence = self.localizer.prototypes(z, lengths).presence[:, : len(glosses)].float().cpu()
        step = self.frames.stride * (2 if self.run.config.downsample else 1) / self.frame_rate
        parts = zip(packed.split(presence, lengths), durations_s, strict=True)
        return [Localisation(part.numpy(), glosses, step, seconds) for part, seconds in parts]

    def _decoder(self) -> GatedDecoder:
        if self.model.decoder is None:
            raise UserError(
                f"{self.run.folder}: is a pretraining run, it has no decoder to translate with; train from it"
            )
        return self.model.decoder

    def _decoding(self) -> dict[str, Any]:
        return self.run.config.decoding.model_dump()

    def _text(self, hypothesis: Hypothesis) -> str:
        assert self.run.tokenizer is not None
        return self.run.tokenizer.decode(hypothesis.ids)


def _stored(run: Run) -> tuple[float, int]:
    """Frames a second, and side in pixels, that clips are brought to before they are sampled and cropped."""
    match run.info.get("corpus"):
        case {"frame_rate": int() | float() as frame_rate, "size": int() as size} if frame_rate > 0 and size > 0:
            return float(frame_rate), size
        case _:
            raise UserError(f"{run.folder / ABOUT}: tells no frame_rate and size of its corpus; copy the run again")


def device_called(name: str) -> torch.device:
    """The device of that name; "auto" is a GPU where there is one.

    Raises:
        UserError: there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    kind, _, place = name.partition(":")
    count = {"cpu": 1, "cuda": torch.cuda.device_count()}.get(kind, 0)
    if not (place or "0").isdecimal() or int(place or 0) >= count:
        raise UserError(
            f"there is no device {name} here; use cpu{', cuda' if torch.cuda.is_available() else ''} or auto"
        )
    return torch.device(name)


def shipped_run() -> Path:
    """The folder of the model that comes along.

    Raises:
        UserError: this installation has none.
    """
    return _shipped("demo", "demo model; train one with `sign2gpt demo`, then name its run: demo/runs/translate")


def shipped_examples() -> list[Path]:
    """The example clips that come along.

    Raises:
        UserError: this installation has none.
    """
    return sorted(_shipped("examples", "example clips; name a video").glob("*.mp4"))


def _shipped(name: str, what: str) -> Path:
    folder = Path(str(resources.files("sign2gpt"))) / "assets" / name
    if not folder.is_dir():
        raise UserError(f"this installation of sign2gpt carries no {what}")
    return folder
