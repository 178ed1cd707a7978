"""Sign(Z): features of all clips, computed once by the frozen encoder and read from then on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import torch

from sign2gpt.common.files import atomic_file
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import track
from sign2gpt.data.batch import NO_FRAMES, SignSample
from sign2gpt.data.corpus import CACHE, ClipRow
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.hub import visual_weights
from sign2gpt.model.packed import split
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.model.weights import read_tensors, write_tensors
from sign2gpt.training.tasks import Source
from sign2gpt.training.workplace import Workplace

SEEN = {"size", "stride", "evaluation"}
"""What features depend on of the frames' section: nothing of them is drawn."""
DIGEST_BYTES = 16


def feature_source(place: Workplace, model: Sign2GPT, split: str, rows: list[ClipRow], *, shuffle: bool) -> Source:
    """Batches of a split's features.

    They are kept in the corpus' folder `CACHE` for all runs that would make them; of a corpus that we may only read,
    in the run's folder.
    """
    kept = place.corpus.folder / CACHE if os.access(place.corpus.folder, os.W_OK) else place.folder / CACHE
    path = kept / "features" / f"{split}-{fingerprint(place, model, rows)}.safetensors"
    if not place.processes.first(path.exists):
        clips = place.source(place.clips(rows, train=False), shuffle=False)
        store_features(model, clips, path, place.processes, f"features of {split}")
    return place.source(read_features(rows, path, place.job.seed), shuffle=shuffle)


def fingerprint(place: Workplace, model: Sign2GPT, rows: Sequence[ClipRow]) -> str:
    """Hexadecimal digits that change with the encoder, the clips, what is seen of them, and what rounds otherwise."""
    seen = place.job.frames.model_dump(mode="json", include=SEEN)
    made = place.job.model.model_dump(mode="json", exclude={"prototypes", "decoder", "decoding"})
    rounds = [place.config.batch, place.processes.world, place.processes.device.type]
    clips = [(row.id, row.num_frames, *row.state()) for row in rows]
    hashed = hashlib.blake2b(json.dumps([seen, made, rounds, clips]).encode(), digest_size=DIGEST_BYTES)
    for name, weight in sorted(visual_weights(model).items()):
        hashed.update(name.encode())
        hashed.update(weight.contiguous().numpy().tobytes())
    return hashed.hexdigest()


@torch.no_grad()
def store_features(model: Sign2GPT, source: Source, path: Path, processes: Processes, title: str) -> None:
    """Writes the features of every clip of ``source``, seen as in evaluation."""
    model.eval()
    found: dict[str, torch.Tensor] = {}
    for batch in track(source.batches(), title, len(source)):
        z, lengths = model.encode(batch.frames.to(processes.device), batch.lengths)
        found |= zip(batch.ids, split(z.cpu(), lengths), strict=True)
    every = dict(processes.gather(list(found.items())))
    if processes.main:
        with atomic_file(path) as partial:
            write_tensors({name: z.clone() for name, z in every.items()}, partial)
    processes.wait()


def read_features(rows: list[ClipRow], path: Path, seed: int) -> FeatureDataset:
    """Clips as stored features (T, C) instead of frames."""
    stored = read_tensors(path)
    return FeatureDataset([SignSample(row.id, row.text, NO_FRAMES, stored[row.id]) for row in rows], seed=seed)
