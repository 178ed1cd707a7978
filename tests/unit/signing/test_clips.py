"""Clips: the same bytes from the same seeds, each seed for itself, an unseen signer, the notice on every frame."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from sign2gpt.recipe import load
from sign2gpt.signing.body.signers import signers
from sign2gpt.signing.clips import UNSEEN, SignedClip, sign_script, signed_clips
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.script import read_glosses

SMALL = {"train": 6, "dev": 2, "test": 2, "test_unseen_signer": 2, "signers": 3}


def _clips(**changes: int) -> list[SignedClip]:
    return list(signed_clips(SigningConfig.model_validate(SMALL | changes)))


def _pixels(clip: SignedClip) -> str:
    return hashlib.sha256(b"".join(frame.tobytes() for frame in clip.frames())).hexdigest()


def test_frames_are_square_uint8_and_move() -> None:
    frames = list(_clips()[0].frames())
    assert all(frame.shape == (64, 64, 3) and frame.dtype == np.uint8 for frame in frames)
    assert 20 < len(frames) < 150
    assert np.abs(frames[len(frames) // 2].astype(int) - frames[0]).max() > 60


def test_same_seeds_same_bytes_also_from_another_process() -> None:
    clip = _clips()[0]
    code = (
        "import pickle, sys, hashlib\n"
        "clip = pickle.load(sys.stdin.buffer)\n"
        "print(hashlib.sha256(b''.join(f.tobytes() for f in clip.frames())).hexdigest(), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(clip), capture_output=True, check=True)
    assert done.stdout.decode().split() == [_pixels(clip), "False"]


@pytest.mark.parametrize("key", ["seed", "lexicon_seed", "signer_seed"])
def test_each_seed_changes_its_part_alone(key: str) -> None:
    before, after = _clips()[0], _clips(**{key: 5})[0]
    assert (before.script == after.script) == (key != "seed")
    assert before.made_from != after.made_from
    if key != "seed":
        assert before.signer == after.signer
        assert _pixels(before) != _pixels(after)


def test_more_sentences_leave_the_others_as_they_were() -> None:
    few, many = _clips(), _clips(train=9)
    assert [clip.made_from for clip in few[:6]] == [clip.made_from for clip in many[:6]]


def test_the_unseen_signer_is_in_no_other_split() -> None:
    clips = _clips(train=30)
    unseen = {clip.signer for clip in clips if clip.split == UNSEEN}
    assert len(unseen) == 1
    assert unseen.isdisjoint({clip.signer for clip in clips if clip.split != UNSEEN})
    assert len({clip.id for clip in clips}) == len(clips)


def test_a_left_handed_signer_is_the_mirror_image_in_the_hands() -> None:
    right = replace(signers(0, 1)[0], left_handed=False, light_side=1)
    script = read_glosses("FUENF")
    frames = [
        next(frame for t, frame in enumerate(sign_script(script, signer, SigningConfig(), 0)) if t == 14).astype(int)
        for signer in (right, replace(right, left_handed=True))
    ]
    moved = np.abs(frames[0] - frames[1]).sum(-1) > 60
    assert moved[:, :32].any()
    assert moved[:, 32:].any()
    rest = [next(sign_script(script, signer, SigningConfig(), 0)).astype(int) for signer in (right, right)]
    assert (rest[0] == rest[1]).all()


@pytest.mark.parametrize("size", [32, 64, 191, 192, 256])
def test_every_frame_carries_the_notice(size: int) -> None:
    script = read_glosses("REGEN")
    frames = list(sign_script(script, signers(0, 1)[0], SigningConfig(size=size), 0))
    if size < 192:
        assert all(frame[-1, 0].min() > 200 for frame in frames)
    else:
        bright = [(frame[-size // 17 :].min(-1) > 200).mean() for frame in frames]
        assert all(0.01 < share < 0.4 for share in bright)


def test_the_demos_corpus_is_the_one_that_its_model_was_trained_on() -> None:
    config = load("demo").signing
    assert config is not None
    told = "\n".join(clip.made_from for clip in signed_clips(config))
    assert hashlib.sha256(told.encode()).hexdigest().startswith("79bbb31f34a2e4b0")
