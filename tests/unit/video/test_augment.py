"""One draw per clip, MODEL.md 1: what is drawn, that it is the same for all frames, and evaluation's plain cut."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from sign2gpt.video.augment import prepare_frames
from sign2gpt.video.config import AugmentConfig, FramesConfig

OFF = AugmentConfig(rotation_p=0, crop_area=(1, 1), crop_aspect=(1, 1), flip_p=0, jitter_p=0, grey_p=0)


def noise(*shape: int) -> Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def smooth(side: int) -> Tensor:
    """(2, side, side, 3): two equal frames of soft coloured slopes."""
    slope = torch.linspace(20, 230, side)
    frame = torch.stack(
        [slope.expand(side, side), slope[:, None].expand(side, side), slope.flip(0).expand(side, side)], -1
    )
    return frame.to(torch.uint8).expand(2, -1, -1, -1)


def frames_config(size: int = 64, **augment: object) -> FramesConfig:
    return FramesConfig(size=size, augment=OFF.model_copy(update=augment))


@pytest.mark.parametrize("seed", range(12))
def test_shape_type_and_one_draw_for_all_frames(seed: int) -> None:
    frames = noise(1, 64, 80, 3).expand(5, -1, -1, -1)
    state = torch.get_rng_state()
    out = prepare_frames(frames, FramesConfig(size=56), seed)
    assert out.shape == (5, 3, 56, 56)
    assert out.dtype == torch.uint8
    assert out.is_contiguous()
    assert (out == out[:1]).all()
    assert torch.equal(out, prepare_frames(frames, FramesConfig(size=56), seed))
    assert torch.equal(state, torch.get_rng_state())


def test_seeds_differ() -> None:
    clips = {prepare_frames(noise(1, 64, 64, 3), FramesConfig(size=64), seed).numpy().tobytes() for seed in range(20)}
    assert len(clips) == 20


def test_all_off_changes_nothing() -> None:
    frames = noise(3, 64, 64, 3)
    assert torch.equal(prepare_frames(frames, frames_config(), 5), frames.permute(0, 3, 1, 2))


def test_each_part_does_what_it_says() -> None:
    frames = smooth(64)
    plain = frames.permute(0, 3, 1, 2)
    assert torch.equal(prepare_frames(frames, frames_config(flip_p=1.0), 0), plain.flip(-1))
    grey = prepare_frames(frames, frames_config(grey_p=1.0), 0)
    assert (grey == grey[:, :1]).all()
    rotated = prepare_frames(frames, frames_config(rotation_p=1.0), 0)
    assert (rotated[..., 0, 0] == 0).all() or (rotated[..., 0, -1] == 0).all()
    assert (rotated[..., 32, 32].int() - plain[..., 32, 32].int()).abs().max() <= 3
    coloured = prepare_frames(frames, frames_config(jitter_p=1.0), 0)
    assert 1 < (coloured.float() - plain.float()).abs().mean() < 60


def test_a_crop_keeps_the_drawn_share_of_the_area() -> None:
    config = frames_config(crop_area=(0.875, 1.0), crop_aspect=(0.9, 1.1))
    spans = torch.tensor(
        [
            [
                int(clip[0, 0, 32].amax()) - int(clip[0, 0, 32].amin()),
                int(clip[0, 1, :, 32].amax()) - int(clip[0, 1, :, 32].amin()),
            ]
            for clip in (prepare_frames(smooth(64), config, seed) for seed in range(200))
        ]
    )
    shares = (spans / 210).prod(1)
    assert shares.min() > 0.82
    assert shares.max() <= 1.0
    assert shares.std() > 0.02


@pytest.mark.parametrize("part", ["rotation_p", "flip_p", "jitter_p", "grey_p"])
def test_probabilities_are_kept(part: str) -> None:
    config = frames_config(size=16, **{part: 0.3})
    frames = smooth(16)
    plain = frames.permute(0, 3, 1, 2)
    changed = sum(not torch.equal(prepare_frames(frames, config, seed), plain) for seed in range(400))
    assert abs(changed / 400 - 0.3) < 0.08


def test_evaluation_cuts_the_middle() -> None:
    frames = noise(2, 256, 256, 3)
    assert torch.equal(prepare_frames(frames, FramesConfig(), None), frames.permute(0, 3, 1, 2)[..., 16:240, 16:240])
    same = noise(2, 64, 64, 3)
    assert torch.equal(prepare_frames(same, FramesConfig(size=64), None), same.permute(0, 3, 1, 2))


@pytest.mark.parametrize(("height", "width", "size"), [(48, 48, 64), (256, 256, 64), (33, 90, 56), (300, 200, 64)])
def test_evaluation_fits_any_stored_size(height: int, width: int, size: int) -> None:
    for evaluation in ("crop", "resize"):
        out = prepare_frames(noise(2, height, width, 3), FramesConfig(size=size, evaluation=evaluation), None)
        assert out.shape == (2, 3, size, size)


def test_large_frames_keep_seven_eighths_of_a_side() -> None:
    out = prepare_frames(smooth(256), FramesConfig(size=64), None)
    span = int(out[0, 0, 32].amax()) - int(out[0, 0, 32].amin())
    assert span / 210 == pytest.approx(224 / 256, abs=0.03)


def test_resizing_sees_the_whole_frame() -> None:
    out = prepare_frames(smooth(256), FramesConfig(size=224, evaluation="resize"), None)
    assert int(out[0, 0, 100].amax()) - int(out[0, 0, 100].amin()) >= 208


def test_frames_are_changed_alike_however_many_come_at_once() -> None:
    side = 160  # 13 frames are augmented at a time
    clip = torch.randint(256, (30, side, side, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    augment = AugmentConfig(rotation_p=1, flip_p=1, jitter_p=1, grey_p=0)
    config = FramesConfig(size=140, augment=augment)
    together = prepare_frames(clip, config, 7)
    assert torch.equal(together, torch.cat([prepare_frames(frame[None], config, 7) for frame in clip]))
    assert together.is_contiguous()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("seed", range(24))
def test_a_gpu_draws_the_same_and_is_a_level_off_at_most(seed: int) -> None:
    frames = noise(5, 80, 64, 3)
    off = prepare_frames(frames.cuda(), FramesConfig(size=56), seed).cpu().int() - prepare_frames(
        frames, FramesConfig(size=56), seed
    )
    assert off.abs().max() <= 1
