"""Sign(Z): features of all clips, computed once by the frozen encoder and read from then on."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from sign2gpt.common.files import atomic_file
from sign2gpt.common.processes import Processes
from sign2gpt.common.progress import track
from sign2gpt.data.batch import NO_FRAMES, SignSample
from sign2gpt.data.corpus import ClipRow
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.packed import split
from sign2gpt.model.sign2gpt import Sign2GPT
from sign2gpt.training.checkpoint import FOLDER
from sign2gpt.training.tasks import Source
from sign2gpt.training.workplace import Workplace


def feature_source(place: Workplace, model: Sign2GPT, split: str, rows: list[ClipRow], *, shuffle: bool) -> Source:
    """Batches of a split's features; they lie beside the checkpoints until the run is finished."""
    path = place.folder / FOLDER / f"features_{split}.safetensors"
    if not path.exists():
        clips = place.source(place.clips(rows, train=False), shuffle=False)
        store_features(model, clips, path, place.processes, f"features of {split}")
    return place.source(read_features(rows, path, place.job.seed), shuffle=shuffle)


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
            save_file({name: z.clone() for name, z in every.items()}, partial)
    processes.wait()


def read_features(rows: list[ClipRow], path: Path, seed: int) -> FeatureDataset:
    """Clips as stored features (T, C) instead of frames."""
    stored = load_file(path)
    return FeatureDataset([SignSample(row.id, row.text, NO_FRAMES, stored[row.id]) for row in rows], seed=seed)
