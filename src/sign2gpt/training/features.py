"""Features of all clips, computed once by the frozen encoder and read from then on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import torch

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import say, track
from sign2gpt.data.batch import NO_FRAMES, SignSample
from sign2gpt.data.corpus import CACHE, ClipRow
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.packed import split
from sign2gpt.model.sign_model import SignModel, encoder_weights
from sign2gpt.model.weights import is_finite, read_with_crc32, save_with_crc32
from sign2gpt.training.stage import StageContext
from sign2gpt.training.task import Source

SEEN = {"size", "stride", "evaluation"}
"""What features depend on of the frames' section: nothing of them is drawn."""
DIGEST_BYTES = 16


def feature_source(
    context: StageContext, model: SignModel, split: str, rows: list[ClipRow], *, shuffle: bool
) -> Source:
    """Batches of a split's features.

    They are kept in the corpus' folder `CACHE` for all runs that would make them; of a corpus that we may only read,
    in the run's folder.
    """
    kept = context.corpus.folder / CACHE if os.access(context.corpus.folder, os.W_OK) else context.folder / CACHE
    path = kept / "features" / f"{split}-{fingerprint(context, model, rows)}.safetensors"
    if not context.processes.first(lambda: features_kept(path)):
        clips = context.source(context.clips(rows, train=False), shuffle=False)
        store_features(model, clips, path, context.processes, f"features of {split}")
    return context.source(read_features(rows, path, context.job.seed), shuffle=shuffle)


def fingerprint(context: StageContext, model: SignModel, rows: Sequence[ClipRow]) -> str:
    """Hexadecimal digits that change with the encoder, the clips, what is seen of them, and what rounds otherwise."""
    seen = context.job.frames.model_dump(mode="json", include=SEEN)
    made = context.job.model.model_dump(mode="json", exclude={"system", *context.job.model.head_sections})
    rounds = [context.config.batch, context.processes.world, context.processes.device.type]
    clips = [(row.id, row.num_frames, *row.stamp()) for row in rows]
    hashed = hashlib.blake2b(json.dumps([seen, made, rounds, clips]).encode(), digest_size=DIGEST_BYTES)
    for name, weight in sorted(encoder_weights(model).items()):
        hashed.update(name.encode())
        hashed.update(weight.contiguous().numpy().tobytes())
    return hashed.hexdigest()


def features_kept(path: Path) -> bool:
    """Whether a file of features is there and whole; a damaged one goes."""
    if not path.exists():
        return False
    if read_with_crc32(path) is not None:
        return True
    say(f"{path} is damaged; computing the features again")
    path.unlink()
    return False


@torch.no_grad()
def store_features(model: SignModel, source: Source, path: Path, processes: Processes, title: str) -> None:
    """Writes the features of every clip of ``source``, seen as in evaluation.

    Raises:
        UserError: features are not finite.
    """
    model.eval()
    found: dict[str, torch.Tensor] = {}
    for batch in track(source.batches(), title, len(source)):
        z, lengths = model.encode(batch.frames.to(processes.device), batch.lengths)
        found |= zip(batch.ids, split(z.cpu(), lengths), strict=True)
    every = dict(processes.gather(list(found.items())))
    check_finite(every, title)
    if processes.main:
        with atomic_file(path) as partial:
            save_with_crc32({name: z.clone() for name, z in every.items()}, partial)
    processes.wait()


def check_finite(features: dict[str, torch.Tensor], title: str) -> None:
    """Raises a ``UserError`` that names the clips whose features hold NaN or infinity."""
    if odd := [name for name, z in features.items() if not is_finite(z)]:
        raise UserError(f"{title}: those of {', '.join(odd[:20])} are not finite; check these clips and train.init")


def read_features(rows: list[ClipRow], path: Path, seed: int) -> FeatureDataset:
    """Clips as stored features (T, C) instead of frames.

    Raises:
        UserError: the file is damaged.
    """
    stored = read_with_crc32(path)
    if stored is None:
        raise UserError(f"{path}: is damaged; run the same command again, which computes the features anew")
    return FeatureDataset([SignSample(row.id, row.text, NO_FRAMES, stored[row.id]) for row in rows], seed=seed)
