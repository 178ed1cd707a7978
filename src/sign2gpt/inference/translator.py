"""The one facade: a clip in, its sentence out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from typing import Literal, Self, Unpack, overload

import numpy as np
import torch
from torch import Tensor

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import user_path
from sign2gpt.data.batch import SignBatch, collate
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import SignDataset, batches
from sign2gpt.data.order import by_clips
from sign2gpt.inference.clip_reader import CLIPS, ClipReader, ReadClip, together
from sign2gpt.inference.decoding import DecodingKeys
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.reader import Reader
from sign2gpt.inference.sources import Video, frames_in, positive, videos_of
from sign2gpt.inference.stream import streamed
from sign2gpt.inference.translation import StreamedTranslation, Translation
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.hypotheses import Streamer
from sign2gpt.model.runs.publishing import copy_run, push_run
from sign2gpt.model.runs.run import Run
from sign2gpt.model.runs.shipped import find_run
from sign2gpt.model.runs.shipped import shipped_examples as shipped_examples
from sign2gpt.model.sign_model import Capability
from sign2gpt.systems import load_run

Device = Literal["auto", "cpu", "cuda"] | str
"""The literals are for editors; "cuda:1" is a device too."""
Precision = Literal["fp32", "int8", "nf4"]
LONGEST_S = 120.0
"""A clip is a sentence: longer video is refused unless asked for, since memory and time grow with it."""


class Translator:
    """Translates clips with a trained run.

    Clips are brought to ``frame_rate`` frames a second before they are sampled, and to squares of ``stored_size``
    pixels before the model's crop, as the clips of the run's corpus were.

    Examples:
        >>> translator = Translator.from_pretrained("demo")
        >>> print(translator.translate("clip.mp4").text)
    """

    def __init__(self, run: Run, device: str | torch.device = "cpu", longest_s: float = LONGEST_S) -> None:
        self.reader = Reader(run, torch.device(device))
        self.longest_s = positive(longest_s, "longest_s", "seconds")
        self.clips = ClipReader(self.reader.frames, self.frame_rate, self.stored_size, self.longest_s)

    @property
    def run(self) -> Run:
        """The run as it was loaded."""
        return self.reader.run

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return self.reader.device

    @property
    def frame_rate(self) -> float:
        """Frames per second that clips are brought to before they are sampled."""
        return self.reader.frame_rate

    @property
    def stored_size(self) -> int:
        """Side in pixels of the squares that clips are brought to before the model's crop."""
        return self.reader.stored_size

    def require(self, capability: Capability) -> None:
        """Raises a `UserError` where the run cannot do this, such as a pretraining that is asked to translate."""
        self.reader.require(capability)

    def decoding(self, *overrides: str, **keys: Unpack[DecodingKeys]) -> DecodingConfig:
        """The run's decoding with other keys: ``decoding("sampling.top_p=0.9", beams=1)``.

        Raises:
            UserError: there is no such key, or a value does not fit.
        """
        return self.reader.decoding(*overrides, **keys)

    def close(self) -> None:
        """Frees the models' memory; whatever is asked of them after that is a `UserError`."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @classmethod
    def from_pretrained(
        cls,
        path: str | PathLike[str],
        device: Device = "auto",
        longest_s: float = LONGEST_S,
        revision: str | None = None,
        frozen_precision: Precision = "fp32",
    ) -> Translator:
        """Loads a run folder, a run on the Hugging Face hub, or the model that comes along.

        Args:
            path: a folder; OWNER/NAME on the hub; or "demo", the model that comes along (a folder of that name:
                "./demo"). A leading ``~`` is the home folder.
            device: "cpu", "cuda", or "auto" for a GPU where there is one.
            longest_s: longer videos are refused.
            revision: of a run on the hub: branch, tag or commit; none: the newest.
            frozen_precision: "int8" or "nf4" (4 bits) for less memory: the language model's matrices are rounded.

        Raises:
            UserError: there is no run at ``path``, it cannot be read, or there is no such device or precision.
        """
        run, on = load_run(find_run(path, revision)), device_called(device)
        if frozen_precision != "fp32" and run.model.language_model is not None:
            from sign2gpt.model.language.quantised import quantise

            quantise(run.model.language_model, frozen_precision, on)
        return cls(run, on, longest_s)

    def save_pretrained(self, folder: str | PathLike[str]) -> None:
        """Copies what of the run is passed on into a new folder, with its model card.

        Raises:
            UserError: the folder is taken.
        """
        copy_run(self.run.folder, user_path(folder))

    def push_to_hub(self, repo_id: str, revision: str | None = None, private: bool | None = None) -> str:
        """Sends the run to the Hugging Face hub, with its model card; the address of the commit.

        Args:
            repo_id: OWNER/NAME; made where it is absent.
            revision: branch; none: main.
            private: of a model that is made; none: as its owner's settings are.

        Raises:
            UserError: nobody is logged in, or the hub does not take it.
        """
        return push_run(self.run.folder, repo_id, revision=revision, private=private)

    @overload
    def translate(
        self,
        video: Video,
        frame_rate: float | None = None,
        *,
        streamer: Callable[[str], None] | None = None,
        **decoding: Unpack[DecodingKeys],
    ) -> Translation: ...
    @overload
    def translate(
        self, video: Iterable[Video], frame_rate: float | None = None, **decoding: Unpack[DecodingKeys]
    ) -> list[Translation]: ...
    def translate(
        self,
        video: Video | Iterable[Video],
        frame_rate: float | None = None,
        *,
        streamer: Callable[[str], None] | None = None,
        **decoding: Unpack[DecodingKeys],
    ) -> Translation | list[Translation]:
        """Translates one clip or several, each with the same result alone as in company.

        Args:
            video: path of a video, a GIF or a folder of images; a video file's bytes, or an open binary file; frames
                (T, H, W, 3) uint8 RGB; or a list or another iterable of these, which is read a few videos at a time.
            frame_rate: frames a second of frames given as arrays; none: that of the run's corpus.
            streamer: is told the text of one clip each time that it grows by a token; only with ``beams=1``.
            decoding: keys of `DecodingConfig` that differ from the run's, such as ``beams=1``.

        Raises:
            UserError: a video cannot be read, or is longer than ``longest_s``, the run is a pretraining's, or there is
                no such key. One bad video of a list ends the call: to keep the others' sentences, which are the same
                alone as in company, translate one by one.
        """
        self.require("translate")
        config = self.decoding(**decoding)
        videos, alone = videos_of(video)
        if streamer is not None and (config.beams > 1 or not alone):
            raise UserError("a text that is told as it grows is one clip's, with beams=1; others may still change")
        if alone:
            (one,) = videos
            return self._translate_read([self.clips.read(one, frame_rate)], config, self._streamer(streamer))[0]
        return list(self.translate_each(videos, frame_rate, **decoding))

    def translate_each(
        self,
        videos: Iterable[Video | ReadClip],
        frame_rate: float | None = None,
        first: int = CLIPS,
        **decoding: Unpack[DecodingKeys],
    ) -> Iterator[Translation]:
        """Translates clips as they come, in groups (`together`) that bound memory however many there are.

        Args:
            first: most clips of the first group; each further one may hold twice as many, up to `CLIPS`.
            others: as in `translate`.

        Raises:
            UserError: as `translate`, after the translations of the clips before the one that cannot be read.
        """
        self.require("translate")
        config = self.decoding(**decoding)
        read = (video if isinstance(video, ReadClip) else self.clips.read(video, frame_rate) for video in videos)
        for group in together(read, lambda one: len(one.sample.frames), first):
            yield from self._translate_read(group, config)

    def stream(
        self,
        frames: Iterable[np.ndarray | Tensor],
        frame_rate: float | None = None,
        every_s: float = 1.0,
        **decoding: Unpack[DecodingKeys],
    ) -> Iterator[StreamedTranslation]:
        """Translates a clip while it comes, such as a camera's frames; the last answer is `translate`'s for all of it.

        The backbone sees each sampled frame once; sign encoder and decoder run again after every ``every_s`` seconds of
        video, but not while they are more than that behind the clock: then the frames that wait come first.

        Args:
            frames: (H, W, 3) uint8 RGB each; those that come meanwhile wait in this iterable.
            frame_rate: of the frames, a second; none: that of the run's corpus.
            decoding: as in `translate`.

        Raises:
            UserError: as `translate`; also where there is no frame.
        """
        self.require("translate")
        rate, every_s = self.clips.rate(frame_rate), positive(every_s, "every_s", "seconds")
        return streamed(self.reader, frames_in(frames), rate, every_s, self.longest_s, self.decoding(**decoding))

    def translate_rows(
        self,
        rows: Sequence[ClipRow],
        batch: int = CLIPS,
        progress: Callable[[int], None] | None = None,
        **decoding: Unpack[DecodingKeys],
    ) -> list[Translation]:
        """Translates clips of a corpus, in the order of ``rows``; ``progress`` is told the clips done in each batch."""
        self.require("translate")
        config = self.decoding(**decoding)
        dataset = SignDataset(list(rows), self.clips.frames, seed=0, train=False)
        done: list[Translation] = []
        for group in batches(dataset, by_clips(len(rows), batch, None), epoch=0, workers=0):
            seconds = [row.num_frames / self.frame_rate for row in rows[len(done) : len(done) + len(group.ids)]]
            done += self._translate_batch(group, seconds, config)
            if progress is not None:
                progress(len(group.ids))
        return done

    def text_only(self, **decoding: Unpack[DecodingKeys]) -> str | None:
        """The sentence that the model writes when it sees no clip; None where it writes none."""
        self.require("translate")
        model = self.reader.model
        found = model.without_video(self.decoding(**decoding))
        return None if found is None else model.text(found.ids)

    def localize(self, video: Video, frame_rate: float | None = None) -> tuple[Localisation, np.ndarray]:
        """Presence of each pseudo-gloss over time, and the frames (T*, H, W, 3) that it was read from.

        Raises:
            UserError: the run has no pretraining head, or the video cannot be read.
        """
        sample, duration_s, start_s, _ = self.clips.read(video, frame_rate)
        with torch.inference_mode():
            features = self.reader.frame_features(sample.frames)
            found = self.reader.localisations(features, torch.tensor([len(features.own)]), [duration_s])
        if found is None:
            raise UserError(f"{self.run.folder}: has no pretraining head, it was trained without pseudo-glosses")
        return replace(found[0], start_s=start_s), sample.frames.permute(0, 2, 3, 1).numpy()

    @torch.inference_mode()
    def features(self, video: Video, frame_rate: float | None = None) -> Tensor:
        """The sign encoder's features z (T, C) of a clip, on the CPU; a pretraining's run has them as well.

        Raises:
            UserError: the video cannot be read, or is longer than ``longest_s``.
        """
        frames = self.clips.read(video, frame_rate).sample.frames.to(self.device)
        return self.reader.model.encode(frames, torch.tensor([len(frames)])).z.cpu()

    def _translate_read(
        self, clips: Sequence[ReadClip], config: DecodingConfig, streamer: Streamer | None = None
    ) -> list[Translation]:
        group, durations_s = collate([clip.sample for clip in clips]), [clip.duration_s for clip in clips]
        done = self._translate_batch(group, durations_s, config, streamer)
        for translation, clip in zip(done, clips, strict=True):
            translation.timings["read_s"] = clip.read_s
        return [translation.later(clip.start_s) for translation, clip in zip(done, clips, strict=True)]

    def _translate_batch(
        self, group: SignBatch, durations_s: Sequence[float], config: DecodingConfig, streamer: Streamer | None = None
    ) -> list[Translation]:
        started = time.perf_counter()
        with torch.inference_mode():
            features = self.reader.frame_features(group.frames)
        seconds = (time.perf_counter() - started) / len(group.ids)
        done = self.reader.decode(group.ids, features, group.lengths, durations_s, config, streamer)
        for translation in done:
            translation.timings["encode_s"] += seconds
        return done

    def _streamer(self, streamer: Callable[[str], None] | None) -> Streamer | None:
        """Turns the ids of one clip into its text so far."""
        if streamer is None:
            return None
        ids: list[int] = []

        def advance(clip: int, token: int) -> None:
            ids.append(token)
            streamer(self.reader.model.text(ids))

        return advance


def device_called(name: Device) -> torch.device:
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
