"""From signs to movement: where both hands, the face and the head are in every frame of a clip.

A hand's pose is a vector of 20: wrist (3), direction of the fingers (3), of the palm (3), shape (11); all in the hand's
own space (see `phonology`). Tracks hold T frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sign2gpt.common.seeds import derive
from sign2gpt.signing.kinematics import Array, unit
from sign2gpt.signing.phonology import FACE, HANDSHAPES, ORIENTATIONS, PLACES, Path, Sign
from sign2gpt.signing.signers import Signer

TRANSITION_S = 0.2
STROKE_S = {"hold": 0.16, "line": 0.2, "arc": 0.22, "circle": 0.28, "zigzag": 0.28, "tap": 0.26, "twist": 0.24}
HOLD_S = 0.04
LEAD_S = 0.12
CARRY = 0.25
MOUTHS = {
    "rest": (0.0, 0.55, 0.45),
    "smile": (0.3, 0.85, 0.8),
    "round": (0.6, 0.15, 0.0),
    "open": (1.0, 0.5, 0.0),
    "tight": (0.0, 0.8, 0.0),
    "down": (0.0, 0.55, -0.8),
}
HEADS = {"still": (0, 0, 0), "nod": (0, 0.8, 0), "tilt": (0, 0, 0.8), "turn": (0.7, 0, 0), "back": (0, -0.8, 0)}
REST = np.array([-0.16, 0.93, 0.12, 0.8, 0.35, 0.3, 0.0, 0.3, -1.0, *HANDSHAPES["rest"].vector()])


@dataclass(frozen=True)
class Tracks:
    """Movement of T frames; index 0 of the hands is the dominant one."""

    hands: Array
    """(2, T, 20) poses."""
    head: Array
    """(T, 3): yaw, pitch, roll, about -1..1."""
    mouth: Array
    """(T, 3): open 0..1, wide 0..1, curve -1..1."""
    brows: Array
    """(T,): -1 drawn together, 1 raised."""
    lids: Array
    """(T,): 0 shut, 1 open."""


@dataclass(frozen=True)
class Marked:
    """A sign in its sentence: what the grammar adds to it."""

    sign: Sign
    negated: bool = False


def tracks(
    signs: list[Marked], signer: Signer, frame_rate: float, seed: int, *, tempo: float, question: bool
) -> Tracks:
    """The signer's rendering of a sentence, from rest to rest.

    Args:
        seed: draws this clip's small variations: places, lengths, speed.
        tempo: factor on the speed; at 1 a sign takes about 0.46 s with the way to it.
        question: brows raised and head forward throughout.
    """
    random = np.random.default_rng(derive(seed, "movement"))
    speed = tempo * signer.tempo * random.uniform(0.96, 1.04)
    plan = [_Step(mark, signer, speed, random) for mark in signs]
    starts = np.cumsum([LEAD_S / speed] + [step.seconds for step in plan])
    total = starts[-1] + (LEAD_S + TRANSITION_S) / speed
    times = np.arange(round(total * frame_rate)) / frame_rate
    hands = np.stack([_hand(plan, starts, times, which, speed) for which in (0, 1)])
    head, mouth, brows = _face(plan, starts, times, frame_rate, question)
    blink = (times + random.uniform(0, signer.blink_s)) % signer.blink_s
    return Tracks(hands, head, mouth, brows, np.clip(np.abs(blink - 0.09) / 0.07 - 0.3, 0, 1))


class _Step:
    """One sign as this signer makes it this time: the way there, the stroke, the hold."""

    def __init__(self, mark: Marked, signer: Signer, speed: float, random: np.random.Generator) -> None:
        self.sign, self.negated = mark.sign, mark.negated
        self.transition = TRANSITION_S / speed
        self.stroke = STROKE_S[mark.sign.path.kind] * (1 + 0.25 * (mark.sign.path.repeats - 1)) / speed
        self.seconds = self.transition + self.stroke + HOLD_S / speed
        self.length = signer.movement * random.uniform(0.9, 1.1)
        self.shift = random.normal(0, 0.006, 3)
        self.hand = signer.hand
        self.movement = signer.movement

    def pose(self, u: Array, which: int) -> Array:
        """The hand's pose (n, 20) at the shares ``u`` (n,) of the stroke."""
        sign = self.sign
        if which and sign.hands == "one":
            return np.broadcast_to(REST, (len(u), len(REST)))
        if which and sign.hands == "base":
            return self._put(np.zeros((len(u), 2)), "base", "base", sign.base, sign.base, u, 0.0)
        if which and sign.hands == "both":
            return self._put(np.zeros((len(u), 2)), "beside", "up-out", sign.base, sign.base, u, 0.0)
        eased = u * u * (3 - 2 * u)
        phase = 1 - eased if which and sign.hands == "alternate" else eased
        figure = figure_of(sign.path, phase) * self.length
        twist = np.sin(3 * np.pi * phase) * 0.75 if sign.path.kind == "twist" else 0.0
        place = {"base": "on-base", "both": "beside"}.get(sign.hands, sign.place)
        return self._put(figure, place, sign.orientation, sign.start, sign.end, eased, twist)

    def _put(
        self, figure: Array, place: str, orientation: str, start: str, end: str, u: Array, twist: Array | float
    ) -> Array:
        fingers, palm = (np.array(v) for v in ALL_ORIENTATIONS[orientation])
        angle = np.broadcast_to(np.asarray(twist), u.shape)
        direction = np.stack(
            [
                np.cos(angle) * fingers[0] - np.sin(angle) * fingers[1],
                np.sin(angle) * fingers[0] + np.cos(angle) * fingers[1],
                np.full_like(u, fingers[2]),
            ],
            axis=-1,
        )
        direction = unit(direction)
        point = np.array(ALL_PLACES[place])
        if place not in FACE:
            point = np.array([0, 0.6, 0]) + (point - np.array([0, 0.6, 0])) * self.movement
        if self.sign.hands in ("mirror", "alternate"):
            point[0] = min(point[0], -0.10)
        point = point + self.shift + np.pad(figure, ((0, 0), (0, 1)))
        if self.sign.hands in ("mirror", "alternate"):
            point[:, 0] = np.minimum(point[:, 0], -0.03)
        reach = (0.12 if place in FACE else 0.085) * self.hand
        wrist = point - direction * reach
        shape = np.array(HANDSHAPES[start].vector()), np.array(HANDSHAPES[end].vector())
        change = np.clip(u * 1.6 - 0.3, 0, 1)[:, None]
        shapes = shape[0] + (shape[1] - shape[0]) * change
        return np.concatenate([wrist, direction, np.broadcast_to(palm, wrist.shape), shapes], axis=1)


ALL_PLACES = PLACES | {"base": (-0.02, 0.77, 0.2), "on-base": (-0.04, 0.61, 0.27), "beside": (-0.16, 0.56, 0.22)}
ALL_ORIENTATIONS = ORIENTATIONS | {"base": ((1.0, -0.1, 0.25), (0.0, -0.75, 0.65))}


def figure_of(path: Path, u: Array) -> Array:
    """The path's figure (n, 2) at the shares ``u`` (n,) of the way, its middle at the sign's place."""
    axis = np.array(path.axis)
    side = np.array([-axis[1], axis[0]])
    way = u * path.repeats
    wave = 1 - np.abs(2 * (way / 2 % 1) - 1) if path.repeats > 1 else u
    match path.kind:
        case "line":
            along, across = wave - 0.5, np.zeros_like(u)
        case "arc":
            along, across = wave - 0.5, np.sin(np.pi * wave) * 0.6 - 0.3
        case "circle":
            along, across = np.cos(2 * np.pi * u) * 0.45, np.sin(2 * np.pi * u) * 0.45
        case "zigzag":
            along, across = 1.2 * (u - 0.5), 0.6 * np.abs(2 * (u * 2 % 1) - 1) - 0.3
        case "tap":
            along, across = 0.55 * np.abs(np.sin(np.pi * way)), np.zeros_like(u)
        case _:
            along, across = np.zeros_like(u), np.zeros_like(u)
    return (along[:, None] * axis + across[:, None] * side) * path.length


def _hand(plan: list[_Step], starts: Array, times: Array, which: int, speed: float) -> Array:
    """The pose track (T, 20) of one hand."""
    track = np.tile(REST, (len(times), 1))
    before = REST
    for step, start in zip(plan, starts, strict=False):
        first = step.pose(np.zeros(1), which)[0]
        last = step.pose(np.ones(1), which)[0]
        bent = CARRY * (before - first)
        bent[3:9] *= 0.5
        stroke_at = start + step.transition
        moving = (times >= start) & (times < stroke_at)
        track[moving] = _travel(before, first + bent, (times[moving] - start) / step.transition)
        signing = (times >= stroke_at) & (times < start + step.seconds)
        u = np.clip((times[signing] - stroke_at) / step.stroke, 0, 1)
        track[signing] = step.pose(u, which) + bent * (1 - u[:, None]) ** 2
        before = last
    leaving = times >= starts[-1]
    track[leaving] = _travel(before, REST, np.clip((times[leaving] - starts[-1]) / (TRANSITION_S / speed), 0, 1))
    return track


def _travel(start: Array, end: Array, u: Array) -> Array:
    """Minimum jerk from pose to pose (Flash and Hogan 1985), a little forward on the way; the palm turns inwards."""
    eased = u**3 * (10 - 15 * u + 6 * u * u)
    poses = start + (end - start) * eased[:, None]
    bulge = 4 * eased * (1 - eased)
    distance = float(np.linalg.norm(end[:3] - start[:3]))
    poses[:, 2] += bulge * 0.15 * distance
    poses[:, 6] += bulge * 0.4
    return poses


def _face(
    plan: list[_Step], starts: Array, times: Array, frame_rate: float, question: bool
) -> tuple[Array, Array, Array]:
    head = np.zeros((len(times), 3))
    mouth = np.tile(np.array(MOUTHS["rest"]), (len(times), 1))
    brows = np.full(len(times), 1.0 if question else 0.0)
    head[:, 1] += 0.35 * question
    for step, start in zip(plan, starts, strict=False):
        during = (times >= start + 0.3 * step.transition) & (times < start + step.seconds)
        u = (times[during] - start) / step.seconds
        head[during] += np.array(HEADS[step.sign.face.head]) * (1 - np.abs(2 * u - 1))[:, None]
        mouth[during] = MOUTHS[step.sign.face.mouth]
        if not question:
            brows[during] = step.sign.face.brows
        if step.negated:
            head[during, 0] += np.sin(2 * np.pi * 2 * u)
            brows[during] = -1
    width = max(3, round(0.12 * frame_rate) | 1)
    kernel = np.hanning(width + 2)[1:-1]
    return _smooth(head, kernel), _smooth(mouth, kernel), _smooth(brows[:, None], kernel)[:, 0]


def _smooth(track: Array, kernel: Array) -> Array:
    half = len(kernel) // 2
    padded = np.pad(track, ((half, half), (0, 0)), mode="edge")
    weights = kernel / kernel.sum()
    return sum((w * padded[i : i + len(track)] for i, w in enumerate(weights)), start=np.zeros_like(track))
