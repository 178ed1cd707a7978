from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from sign2gpt.common.errors import UserError
from sign2gpt.model.sign_model import SignModel
from sign2gpt.training.checkpoint import (
    BEST,
    FOLDER,
    LAST,
    Progress,
    load_best,
    load_last,
    recover,
    save_best,
    save_last,
)
from sign2gpt.training.config import OptimisationConfig
from sign2gpt.training.loggers import LOG, Log
from sign2gpt.training.optim import make_optimizer


class Layers(SignModel):
    """A model with statistics and a frozen weight."""

    def __init__(self) -> None:
        super().__init__()
        self.spatial = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
        self.sign_encoder = nn.Linear(2, 1).requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.sign_encoder(self.spatial(x))


def started(seed: int) -> tuple[Layers, torch.optim.Optimizer]:
    """The model, which has made one step."""
    torch.manual_seed(seed)
    model = Layers()
    optimizer = make_optimizer(model, OptimisationConfig())
    model(torch.randn(5, 3)).square().sum().backward()
    optimizer.step()
    return model, optimizer


def test_the_last_checkpoint_gives_back_weights_statistics_moments_and_place(tmp_path: Path) -> None:
    model, optimizer = started(0)
    progress = Progress(step=7, epoch=2, batches=3, log_bytes=99, best_figures={"bleu4": 1.5})
    save_last(tmp_path, model, optimizer, progress)
    other, moments = started(1)
    other.get_submodule("sign_encoder").load_state_dict(model.get_submodule("sign_encoder").state_dict())
    assert load_last(tmp_path, other, moments) == progress
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in other.state_dict().items())
    theirs = [optimizer.state[p] for p in model.parameters() if p.requires_grad]
    for ours, expected in zip([moments.state[p] for p in other.parameters() if p.requires_grad], theirs, strict=True):
        assert ours.keys() == expected.keys()
        assert all(torch.equal(ours[key], expected[key]) for key in ours)


def test_frozen_weights_are_no_part_of_a_checkpoint(tmp_path: Path) -> None:
    model, _ = started(0)
    save_best(tmp_path, model, Progress())
    other, _ = started(1)
    frozen = other.get_submodule("sign_encoder").weight
    before = frozen.clone()
    load_best(tmp_path, other)
    assert torch.equal(frozen, before)
    assert not torch.equal(frozen, model.get_submodule("sign_encoder").weight)


def test_a_kill_between_the_two_places_loses_nothing(tmp_path: Path) -> None:
    model, optimizer = started(0)
    save_last(tmp_path, model, optimizer, Progress(step=4))
    save_best(tmp_path, model, Progress(step=3))
    for name in (LAST, BEST):
        shutil.move(tmp_path / FOLDER / name, tmp_path / FOLDER / f".{name}.old")
    recover(tmp_path)
    assert load_last(tmp_path, model, optimizer).step == 4
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [BEST, LAST]


def test_without_a_checkpoint_a_training_begins(tmp_path: Path) -> None:
    assert load_last(tmp_path, *started(0)) == Progress()


def test_a_checkpoint_of_another_model_is_no_way_on(tmp_path: Path) -> None:
    model, optimizer = started(0)
    save_last(tmp_path, model, optimizer, Progress())
    with pytest.raises(AssertionError, match="another model"):
        load_last(tmp_path, nn.Linear(3, 2), optimizer)


def test_what_a_killed_run_logged_after_its_checkpoint_is_cut_off(tmp_path: Path) -> None:
    log = Log(tmp_path, 0, 0)
    log.write("step", 0, loss=1.0)
    vouched = log.length
    log.write("step", 1, loss=2.0)
    log.close()
    log = Log(tmp_path, vouched, 1)
    log.write("step", 1, loss=3.0)
    log.close()
    lines = (tmp_path / LOG).read_text().splitlines()
    assert lines == ['{"kind": "step", "step": 0, "loss": 1.0}', '{"kind": "step", "step": 1, "loss": 3.0}']


FILES = [(name, f"{part}.safetensors") for name, part in ((LAST, "model"), (LAST, "optimizer"), (BEST, "model"))]


@pytest.mark.parametrize(("name", "file"), [*FILES, (LAST, "progress.json"), (BEST, "progress.json")])
def test_a_flipped_bit_is_noticed_before_the_training_resumes(tmp_path: Path, name: str, file: str) -> None:
    model, optimizer = started(0)
    save_last(tmp_path, model, optimizer, Progress(step=4))
    save_best(tmp_path, model, Progress(step=3))
    path = tmp_path / FOLDER / name / file
    recover(tmp_path)
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError) as told:
        recover(tmp_path)
    message = str(told.value)
    assert f"{path}: damaged" in message or f"{path.parent}: {file} differs from SHA256SUMS" in message
    assert f"remove {tmp_path / FOLDER} and run the same command" in message


def test_a_checkpoint_that_is_not_finite_is_refused_by_name(tmp_path: Path) -> None:
    model, optimizer = started(0)
    with torch.no_grad():
        model.get_parameter("spatial.0.weight")[0, 0] = float("inf")
    save_last(tmp_path, model, optimizer, Progress(step=4))
    with pytest.raises(
        UserError, match=r"last/model\.safetensors: spatial\.0\.weight holds values that are not finite"
    ):
        load_last(tmp_path, model, optimizer)
