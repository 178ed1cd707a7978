"""Arms reach what they can and keep their lengths; hands keep theirs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.signing.body.kinematics import BONES, FINGERS, hand_axes, hand_joints, two_bone
from sign2gpt.signing.language.phonology import HANDSHAPES

coordinate = st.floats(min_value=-1, max_value=1, allow_nan=False)
point = st.tuples(coordinate, coordinate, coordinate).map(np.array)
length = st.floats(min_value=0.1, max_value=0.4)


@given(shoulder=point, target=point, upper=length, lower=length, pole=point)
def test_two_bone_keeps_lengths_and_reaches(
    shoulder: np.ndarray, target: np.ndarray, upper: float, lower: float, pole: np.ndarray
) -> None:
    elbow, wrist = two_bone(shoulder, target[None], upper, lower, pole[None])
    assert np.allclose(np.linalg.norm(elbow - shoulder, axis=-1), upper, atol=1e-6)
    assert np.allclose(np.linalg.norm(wrist - elbow, axis=-1), lower, atol=1e-4)
    distance = np.linalg.norm(target - shoulder)
    if abs(upper - lower) + 1e-3 < distance < 0.998 * (upper + lower):
        assert np.allclose(wrist[0], target, atol=1e-9)
    else:
        reach = np.linalg.norm(wrist[0] - shoulder)
        assert abs(upper - lower) <= reach <= upper + lower


def test_elbow_turns_towards_the_pole() -> None:
    shoulder, target = np.zeros(3), np.array([[0.0, 0.4, 0.0]])
    for pole in ([1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]):
        elbow, _ = two_bone(shoulder, target, 0.25, 0.25, np.array([pole]))
        assert (elbow[0] * pole).sum() > 0.1


@given(fingers=point, palm=point)
def test_hand_axes_are_orthonormal(fingers: np.ndarray, palm: np.ndarray) -> None:
    if np.linalg.norm(np.cross(fingers, palm)) < 1e-3:
        return
    axes = np.stack(hand_axes(fingers[None], palm[None]))[:, 0]
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-6)


def test_fingers_keep_their_lengths_in_every_shape() -> None:
    shapes = np.array([shape.vector() for shape in HANDSHAPES.values()])
    count = len(shapes)
    up, out = np.tile([0.0, -1.0, 0.0], (count, 1)), np.tile([0.0, 0.0, 1.0], (count, 1))
    fingers, thumb = hand_joints(np.zeros((count, 3)), up, out, shapes, 1.0)
    bones = np.linalg.norm(np.diff(fingers, axis=2), axis=-1)
    assert np.allclose(bones, FINGERS[:, None] * BONES)
    assert thumb.shape == (count, 3, 3)
    names = list(HANDSHAPES)
    assert fingers[names.index("flat"), 1, 3, 1] < -0.17
    assert fingers[names.index("fist"), 1, 3, 1] > -0.10
