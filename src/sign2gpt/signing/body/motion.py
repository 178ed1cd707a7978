"""Converts signs to movement: the positions of hands, face and head in every frame of a clip.

Tracks have T frames; a hand's pose is a vector of 20 (see `strokes`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sign2gpt.common.seeds import derive
from sign2gpt.signing.body.kinematics import Array
from sign2gpt.signing.body.signers import Signer
from sign2gpt.signing.body.strokes import REST, Manner, stroke
from sign2gpt.signing.language.phonology import Marked, Sign

TRANSITION_S = 0.2
STROKE_S = {"hold": 0.16, "line": 0.2, "arc": 0.22, "circle": 0.28, "zigzag": 0.28, "tap": 0.26, "twist": 0.24}
HOLD_S = 0.04
LEAD_S = 0.12
CARRY = 0.25
SLOWEST, QUICKEST = 0.7, 2.2
LONGEST_PAUSE_S = 0.5
MOUTHS = {
    "rest": (0.0, 0.55, 0.45),
    "smile": (0.3, 0.85, 0.8),
    "round": (0.6, 0.15, 0.0),
    "open": (1.0, 0.5, 0.0),
    "tight": (0.0, 0.8, 0.0),
    "down": (0.0, 0.55, -0.8),
}
HEADS = {"still": (0, 0, 0), "nod": (0, 0.8, 0), "tilt": (0, 0, 0.8), "turn": (0.7, 0, 0), "back": (0, -0.8, 0)}


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
    """(T,): -1 frowning, 1 raised."""
    lids: Array
    """(T,): 0 shut, 1 open."""


@dataclass(frozen=True)
class Pace:
    """How fast a sentence is signed: a factor for all movement, and how much longer each sign is held."""

    speed: float
    pause_s: float = 0.0

    def seconds(self, natural_s: float, signs: int) -> float:
        """Duration of signs that take ``natural_s`` at speed 1."""
        return natural_s / self.speed + signs * self.pause_s


def fitted(natural_s: float, signs: int, seconds: float) -> Pace:
    """The pace at which signs that take ``natural_s`` at speed 1 take ``seconds``, as far as that looks natural.

    With more time, the signer moves a little more slowly and then holds each sign, as people do.
    """
    speed = min(max(natural_s / seconds, SLOWEST), QUICKEST)
    spare = (seconds - Pace(speed).seconds(natural_s, signs)) / signs
    return Pace(speed, min(max(spare, 0.0), LONGEST_PAUSE_S))


def tracks(
    signs: list[Marked],
    signer: Signer,
    frame_rate: float,
    seed: int,
    *,
    tempo: float,
    question: bool,
    seconds: float | None = None,
) -> Tracks:
    """The movement of a signer for a sentence, from rest to rest.

    Args:
        seed: seed for this clip's small variations of places, lengths and speed.
        tempo: factor for the speed; at 1 a sign with the transition to it takes about 0.46 s.
        question: raise the brows and lean the head forward throughout.
        seconds: duration, as far as a natural pace allows [default: determined by ``tempo``].
    """
    random = np.random.default_rng(derive(seed, "movement"))
    pace = Pace(tempo * signer.tempo * random.uniform(0.96, 1.04))
    if seconds is not None:
        pace = fitted(natural_seconds(signs), len(signs), seconds)
    speed = pace.speed
    plan = [_Step(mark, signer, pace, random) for mark in signs]
    starts = np.cumsum([LEAD_S / speed] + [step.seconds for step in plan])
    total = starts[-1] + (LEAD_S + TRANSITION_S) / speed
    times = np.arange(round(total * frame_rate)) / frame_rate
    hands = np.stack([_hand(plan, starts, times, other, speed) for other in (False, True)])
    head, mouth, brows = _face(plan, starts, times, frame_rate, question)
    blink = (times + random.uniform(0, signer.blink_s)) % signer.blink_s
    return Tracks(hands, head, mouth, brows, np.clip(np.abs(blink - 0.09) / 0.07 - 0.3, 0, 1))


def natural_seconds(signs: list[Marked]) -> float:
    """Duration of signs at speed 1, from rest to rest."""
    return 2 * LEAD_S + TRANSITION_S + sum(TRANSITION_S + _stroke_seconds(mark.sign) + HOLD_S for mark in signs)


def _stroke_seconds(sign: Sign) -> float:
    return STROKE_S[sign.path.kind] * (1 + 0.25 * (sign.path.repeats - 1))


class _Step:
    """A sign as performed in this clip: transition, stroke and hold."""

    def __init__(self, mark: Marked, signer: Signer, pace: Pace, random: np.random.Generator) -> None:
        self.sign, self.negated = mark.sign, mark.negated
        self.transition = TRANSITION_S / pace.speed
        self.stroke = _stroke_seconds(mark.sign) / pace.speed
        self.seconds = self.transition + self.stroke + HOLD_S / pace.speed + pace.pause_s
        length = signer.movement * random.uniform(0.9, 1.1)
        self.manner = Manner(signer.movement, length, random.normal(0, 0.006, 3), signer.hand)

    def pose(self, u: Array, other: bool) -> Array:
        return stroke(self.sign, self.manner, u, other)


def _hand(plan: list[_Step], starts: Array, times: Array, other: bool, speed: float) -> Array:
    """The pose track (T, 20) of one hand: the start of each sign is shifted towards the end of the previous one."""
    track = np.tile(REST, (len(times), 1))
    before = REST
    for step, start in zip(plan, starts, strict=False):
        first = step.pose(np.zeros(1), other)[0]
        last = step.pose(np.ones(1), other)[0]
        bent = CARRY * (before - first)
        bent[3:9] *= 0.5
        stroke_at = start + step.transition
        moving = (times >= start) & (times < stroke_at)
        track[moving] = _travel(before, first + bent, (times[moving] - start) / step.transition)
        signing = (times >= stroke_at) & (times < start + step.seconds)
        u = np.clip((times[signing] - stroke_at) / step.stroke, 0, 1)
        track[signing] = step.pose(u, other) + bent * (1 - u[:, None]) ** 2
        before = last
    leaving = times >= starts[-1]
    track[leaving] = _travel(before, REST, np.clip((times[leaving] - starts[-1]) / (TRANSITION_S / speed), 0, 1))
    return track


def _travel(start: Array, end: Array, u: Array) -> Array:
    """Minimum-jerk movement between poses (Flash and Hogan 1985), with a forward bulge and the palm turning inwards."""
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
    """Head (T, 3), mouth (T, 3) and brows (T,); at a negated sign the head shakes twice and the brows frown."""
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
