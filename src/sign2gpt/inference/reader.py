"""What a trained run reads from frames as the model sees them: sentences, and where pseudo-glosses are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

import torch
from torch import Tensor

from sign2gpt.common.config import build
from sign2gpt.common.errors import UserError
from sign2gpt.inference.decoding import DecodingKeys
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.translation import Alternative, Translation
from sign2gpt.inference.trust import Trust, crude_bound, judged, sureness
from sign2gpt.model import packed
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoding.hypotheses import Streamer
from sign2gpt.model.runs.run import ABOUT, RECIPE, Run, cannot
from sign2gpt.model.sign_model import Capability, Encoded, SignModel, Translated
from sign2gpt.video.config import FramesConfig


class FrameFeatures(NamedTuple):
    """What the model makes of each frame (N, C), and what the kept localiser makes of it, where the run has one."""

    own: Tensor
    localizer: Tensor | None

    def join(self, later: FrameFeatures) -> FrameFeatures:
        """These frames and those after them."""
        kept = None if self.localizer is None or later.localizer is None else (self.localizer, later.localizer)
        return FrameFeatures(torch.cat([self.own, later.own]), None if kept is None else torch.cat(kept))


class Reader:
    """A run on a device, with the frames that it is used to: ``frame_rate`` per second, ``stored_size`` pixels square.

    Raises:
        UserError: the run does not say what frames it was trained on.
    """

    def __init__(self, run: Run, device: torch.device) -> None:
        self._run: Run | None = run
        self.device = device
        frames: Any = run.recipe.get("frames")  # a part that is missing has no silent defaults
        self.frames = build(FramesConfig, frames, where=f"{run.folder / RECIPE}: frames")
        self.frame_rate, self.stored_size = _stored(run)
        for model in (self.model, self.localizer):
            model.to(device).eval()

    @property
    def run(self) -> Run:
        """The run as it was loaded.

        Raises:
            UserError: it was closed.
        """
        if self._run is None:
            raise UserError("this run was closed and its memory is free; load it again")
        return self._run

    @property
    def model(self) -> SignModel:
        """The model that translates."""
        return self.run.model

    @property
    def localizer(self) -> SignModel:
        """The model that places pseudo-glosses."""
        return self.run.localizer or self.run.model

    def close(self) -> None:
        """Frees the models' memory; whatever is asked of them after that is a `UserError`."""
        self._run = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def require(self, capability: Capability) -> None:
        """Raises a `UserError` where the run cannot do this."""
        error = cannot(self.run.folder, self.run.about, capability)
        if error is not None:
            raise error

    @property
    def seconds_per_token(self) -> float:
        """How much of a clip one token of the encoder stands for."""
        return self.frames.stride * self.model.stride / self.frame_rate

    def decoding(self, *overrides: str, **keys: Unpack[DecodingKeys]) -> DecodingConfig:
        """The run's decoding with other keys: ``decoding("sampling.top_p=0.9", beams=1)``.

        Raises:
            UserError: there is no such key, or a value does not fit.
        """
        return build(DecodingConfig, self.run.config.decoding.model_dump() | dict(keys), overrides, where="decoding")

    def frame_features(self, frames: Tensor) -> FrameFeatures:
        """Packed frames (N, 3, H, W) -> what is made of each alone."""
        frames = frames.to(self.device)
        kept = None if self.run.localizer is None else self.localizer.see(frames)
        return FrameFeatures(self.model.see(frames), kept)

    @torch.inference_mode()
    def decode(
        self,
        ids: Sequence[str],
        features: FrameFeatures,
        lengths: Tensor,
        durations_s: Sequence[float],
        config: DecodingConfig,
        streamer: Streamer | None = None,
    ) -> list[Translation]:
        """Clips' translations from their `frame_features`, ``lengths`` (B,) of them each."""
        clock = [time.perf_counter()]
        encoded = self.model.encode_seen(features.own, lengths)
        clock.append(time.perf_counter())
        translated = self.model.translate(encoded, config, streamer)
        clock.append(time.perf_counter())
        found = self.localisations(features, lengths, durations_s, encoded)
        clock.append(time.perf_counter())
        trusts = self._trusts(translated, found)
        clock.append(time.perf_counter())
        stages = zip(("encode_s", "decode_s", "localise_s", "judge_s"), clock, clock[1:], strict=False)
        timings = {name: (end - start) / len(ids) for name, start, end in stages}
        threshold = self.localizer.place_threshold
        places = [None] * len(ids) if found is None else [clip.placed(threshold) for clip in found]
        return [
            Translation(
                id=name,
                text=self.model.text(best.ids),
                log_probability=best.log_probability,
                score=best.score,
                alternatives=[
                    Alternative(self.model.text(other.ids), other.log_probability, other.score) for other in others
                ],
                pseudo_glosses=placed,
                timings=dict(timings),
                trust=trust,
            )
            for name, (best, *others), placed, trust in zip(ids, translated.hypotheses, places, trusts, strict=True)
        ]

    def localisations(
        self,
        features: FrameFeatures,
        lengths: Tensor,
        durations_s: Sequence[float],
        encoded: Encoded | None = None,
    ) -> list[Localisation] | None:
        """Presence over time of each clip; None without a head for it.

        Args:
            encoded: what the model that translates made of the features, where that is known already.
        """
        glosses = self.run.glosses
        if features.localizer is not None:
            encoded = self.localizer.encode_seen(features.localizer, lengths)
        elif encoded is None:
            encoded = self.model.encode_seen(features.own, lengths)
        head = None if glosses is None else self.localizer.localise(encoded)
        if glosses is None or head is None:
            return None
        presence, cosines = (part[:, : len(glosses)].float().cpu() for part in (head.presence, head.similarity))
        nearest = [float(clip.mean()) for clip in packed.split(cosines.amax(1), encoded.lengths)]
        parts = zip(packed.split(presence, encoded.lengths), durations_s, nearest, strict=True)
        step = self.seconds_per_token
        return [Localisation(part.numpy(), glosses, step, seconds, like) for part, seconds, like in parts]

    def _trusts(self, translated: Translated, found: Sequence[Localisation] | None) -> list[Trust]:
        """Whether clips are like the training's, as far as the run can say."""
        usual = self.run.calibration
        sure = [sureness(best) for best, *_ in translated.hypotheses]
        if usual is None:
            bound = crude_bound(self.run.info)
            return [judged(values, bound, calibrated=False) for values in sure]
        like = [
            {} if found is None else {"resemblance": round(found[clip].resemblance, 5)} for clip in range(len(sure))
        ]
        signals = zip(sure, self.model.signals(translated), like, strict=True)
        return [judged(values | more | near, usual) for values, more, near in signals]


def _stored(run: Run) -> tuple[float, int]:
    """Frames per second, and side in pixels, that clips are brought to before they are sampled and cropped."""
    match run.info.get("corpus"):
        case {"frame_rate": int() | float() as frame_rate, "size": int() as size} if frame_rate > 0 and size > 0:
            return float(frame_rate), size
        case _:
            raise UserError(f"{run.folder / ABOUT}: lacks the frame_rate and size of its corpus; copy the run again")
