"""What a trained run reads from frames as the model sees them: sentences, and where pseudo-glosses are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Unpack

import torch
from torch import Tensor

from sign2gpt.common.config import build
from sign2gpt.common.errors import UserError
from sign2gpt.inference.decoding import DecodingKeys
from sign2gpt.inference.localisation import Localisation
from sign2gpt.inference.signals import signals, sureness
from sign2gpt.inference.translation import Alternative, Translation
from sign2gpt.inference.trust import Trust, crude_bound, judged
from sign2gpt.model import packed
from sign2gpt.model.config import DecodingConfig
from sign2gpt.model.decoder import Decoder, Memory
from sign2gpt.model.generation import generate
from sign2gpt.model.growing import Hypothesis, Streamer
from sign2gpt.model.hub import ABOUT, RECIPE, Run
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.video.config import FramesConfig


class Reader:
    """A run on a device, with the frames that it is used to: ``frame_rate`` a second, ``stored_size`` pixels square.

    Raises:
        UserError: the run does not tell what frames it was trained on.
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
    def model(self) -> Sign2GPT:
        """The model that translates."""
        return self.run.model

    @property
    def localizer(self) -> Sign2GPT:
        """The model that places pseudo-glosses."""
        return self.run.localizer or self.run.model

    def close(self) -> None:
        """Frees the models' memory; whatever is asked of them after that is a `UserError`."""
        self._run = None
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    @property
    def seconds_per_token(self) -> float:
        """How much of a clip one token of the sign encoder stands for."""
        return self.frames.stride * (2 if self.run.config.downsample else 1) / self.frame_rate

    def decoding(self, *overrides: str, **keys: Unpack[DecodingKeys]) -> DecodingConfig:
        """The run's decoding with other keys: ``decoding("sampling.top_p=0.9", beams=1)``.

        Raises:
            UserError: there is no such key, or a value does not fit.
        """
        return build(DecodingConfig, self.run.config.decoding.model_dump() | dict(keys), overrides, where="decoding")

    def watch(self, frames: Tensor) -> list[Tensor]:
        """Packed frames (N, 3, H, W) -> features (N, C) of the backbone, and of the one that was kept to localise."""
        frames = frames.to(self.device)
        kept = [] if self.run.localizer is None else [self.localizer.spatial(frames)]
        return [self.model.spatial(frames), *kept]

    @torch.inference_mode()
    def tell(
        self,
        ids: Sequence[str],
        watched: list[Tensor],
        lengths: Tensor,
        durations_s: Sequence[float],
        config: DecodingConfig,
        streamer: Streamer | None = None,
    ) -> list[Translation]:
        """Clips' translations from what `watch` made of their frames, ``lengths`` (B,) of them each."""
        started = time.perf_counter()
        decoder = self.decoder()
        z, tokens = self.model.sign_encoder(watched[0], lengths)
        encoded = time.perf_counter()
        memory = decoder.remember(z, tokens)
        beams = generate(decoder, memory, config, streamer)
        decoded = time.perf_counter()
        known = None if self.run.localizer else (z, tokens)
        found = self.localisations(watched[-1], lengths, durations_s, known)
        threshold = self.run.config.prototypes.place_threshold
        located = time.perf_counter()
        trusts = self._trusts(memory, [best for best, *_ in beams], found)
        judged_at = time.perf_counter()
        share = {
            "encode_s": encoded - started,
            "decode_s": decoded - encoded,
            "localise_s": located - decoded,
            "judge_s": judged_at - located,
        }
        timings = {name: seconds / len(ids) for name, seconds in share.items()}
        places = [None] * len(beams) if found is None else [clip.placed(threshold) for clip in found]
        return [
            Translation(
                id=name,
                text=self.text(best.ids),
                log_probability=best.log_probability,
                score=best.score,
                alternatives=[
                    Alternative(self.text(other.ids), other.log_probability, other.score) for other in others
                ],
                pseudo_glosses=placed,
                timings=dict(timings),
                trust=trust,
            )
            for name, (best, *others), placed, trust in zip(ids, beams, places, trusts, strict=True)
        ]

    def localisations(
        self,
        features: Tensor,
        lengths: Tensor,
        durations_s: Sequence[float],
        encoded: tuple[Tensor, Tensor] | None = None,
    ) -> list[Localisation] | None:
        """Presence over time of each clip, from features or from signs already encoded; None without a head."""
        glosses = self.run.glosses
        if glosses is None or self.localizer.prototypes is None:
            return None
        z, tokens = encoded or self.localizer.sign_encoder(features, lengths)
        head = self.localizer.prototypes(z, tokens)
        presence, cosines = (part[:, : len(glosses)].float().cpu() for part in (head.presence, head.similarity))
        nearest = [float(clip.mean()) for clip in packed.split(cosines.amax(1), tokens)]
        parts = zip(packed.split(presence, tokens), durations_s, nearest, strict=True)
        step = self.seconds_per_token
        return [Localisation(part.numpy(), glosses, step, seconds, like) for part, seconds, like in parts]

    def _trusts(self, memory: Memory, said: Sequence[Hypothesis], found: Sequence[Localisation] | None) -> list[Trust]:
        """Whether clips are like the training's, as far as the run can tell."""
        usual = self.run.calibration
        if usual is None:
            bound = crude_bound(self.run.info)
            return [judged(sureness(best), bound, calibrated=False) for best in said]
        return [judged(values, usual) for values in signals(self.decoder(), memory, said, found)]

    def decoder(self) -> Decoder:
        """What writes sentences.

        Raises:
            UserError: the run is a pretraining's.
        """
        if self.model.decoder is None:
            raise UserError(
                f"{self.run.folder}: is a pretraining run, it has no decoder to translate with; train from it"
            )
        return self.model.decoder

    def text(self, ids: list[int]) -> str:
        """The sentence of ids that the decoder has written."""
        assert self.run.tokenizer is not None
        return self.run.tokenizer.decode(ids)


def _stored(run: Run) -> tuple[float, int]:
    """Frames a second, and side in pixels, that clips are brought to before they are sampled and cropped."""
    match run.info.get("corpus"):
        case {"frame_rate": int() | float() as frame_rate, "size": int() as size} if frame_rate > 0 and size > 0:
            return float(frame_rate), size
        case _:
            raise UserError(f"{run.folder / ABOUT}: tells no frame_rate and size of its corpus; copy the run again")
