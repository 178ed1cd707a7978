from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from sign2gpt.common.errors import UserError
from sign2gpt.common.processes import Processes
from sign2gpt.data.batch import SignBatch, SignSample
from sign2gpt.data.dataset import FeatureDataset
from sign2gpt.model.sign_model import Encoded, SignModel
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.loop import Loop, groups
from sign2gpt.training.task import Source, Task

CLIPS, WIDTH = 8, 4


class Layer(SignModel):
    """A model of one layer, whose name is nobody's business."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.anything = nn.Linear(WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.anything(self.dropout(x))


class MeanTask(Task):
    """Predicts a number for each feature; clips have unlike lengths, so that means of means would be wrong."""

    chooses = "score"

    def __init__(self, batch: int, dropout: float = 0.0, poisoned: str | None = None) -> None:
        torch.manual_seed(0)
        self.model = Layer(dropout)
        drawn = torch.Generator().manual_seed(1)
        samples = [self._sample(n, drawn, poisoned) for n in range(CLIPS)]
        data = FeatureDataset(samples, seed=5)
        self.source = Source(data, Processes(), batch=batch, workers=0, shuffle=True)

    def _sample(self, number: int, drawn: torch.Generator, poisoned: str | None) -> SignSample:
        features = torch.randn(number % 3 + 1, WIDTH, generator=drawn)
        if f"clip{number}" == poisoned:
            features[0, 0] = torch.inf
        return SignSample(f"clip{number}", "", torch.empty(0), features)

    def count(self, batch: SignBatch) -> int:
        return int(batch.lengths.sum())

    def losses(self, batch: SignBatch, encoded: Encoded) -> torch.Tensor:
        squares = (self.model(encoded.z).squeeze(1) - 1).square()
        return torch.stack([part.sum() for part in squares.split(batch.lengths.tolist())])

    def evaluate(self) -> dict[str, float]:
        return {"score": -float(sum(self.losses(batch, self.encode(batch)).sum() for batch in self.source.batches()))}


def config(**changes) -> OptimisationConfig:
    plain = {"epochs": 3, "batch": 4, "rate": 1e-2, "warmup_epochs": 0, "precision": "fp32", "save_minutes": 0}
    return OptimisationConfig(**(plain | changes))


def trained(task: MeanTask, folder: Path, **changes) -> dict[str, torch.Tensor]:
    folder.mkdir()
    Loop(task, config(**changes), folder, 0, Processes()).run("test")
    return task.model.state_dict()


def log(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_accumulated_batches_move_the_weights_as_one_large_batch_does(tmp_path: Path) -> None:
    whole = trained(MeanTask(batch=4), tmp_path / "whole")
    parts = trained(MeanTask(batch=1), tmp_path / "parts", accumulate=4)
    torch.testing.assert_close(parts, whole, rtol=1e-5, atol=1e-6)


def test_dropout_depends_on_the_step_alone(tmp_path: Path) -> None:
    one = trained(MeanTask(batch=4, dropout=0.5), tmp_path / "one")
    torch.manual_seed(99)
    two = trained(MeanTask(batch=4, dropout=0.5), tmp_path / "two")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_loss_that_is_not_finite_stops_before_the_weights_move_and_names_its_clips(tmp_path: Path) -> None:
    task = MeanTask(batch=2, poisoned="clip3")
    with pytest.raises(UserError, match=r"step \d+ \(epoch 1\) is not finite, on clips clip3;"):
        trained(task, tmp_path / "run")
    assert all(torch.isfinite(value).all() for value in task.model.state_dict().values())
    steps = [line["step"] for line in log(tmp_path / "run")]
    progress = tmp_path / "run" / "checkpoints" / "last" / "progress.json"
    assert (json.loads(progress.read_text())["step"] if steps else 0) == len(steps)


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    class Worsening(MeanTask):
        epoch = 0

        def evaluate(self) -> dict[str, float]:
            self.epoch += 1
            self.seen = [*getattr(self, "seen", []), self.model.anything.weight.detach().clone()]
            return {"score": -float(self.epoch)}

    task = Worsening(batch=4)
    kept = trained(task, tmp_path / "best")
    torch.testing.assert_close(kept["anything.weight"], task.seen[0])
    last = Worsening(batch=4)
    kept = trained(last, tmp_path / "last", keep_best=False)
    torch.testing.assert_close(kept["anything.weight"], last.seen[-1])


def test_the_log_has_a_line_for_each_step_and_evaluation(tmp_path: Path) -> None:
    trained(MeanTask(batch=3), tmp_path / "run", evaluate_epochs=2)
    lines = log(tmp_path / "run")
    steps = [line for line in lines if line["kind"] == "step"]
    assert [line["step"] for line in steps] == list(range(9))
    assert sum(line["clips"] for line in steps) == 3 * CLIPS
    assert [line["epoch"] for line in lines if line["kind"] == "evaluation"] == [2, 3]


def test_groups_leave_no_item_out() -> None:
    assert list(groups(range(5), 2)) == [[0, 1], [2, 3], [4]]
