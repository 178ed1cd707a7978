"""Signers: always the same by seed and number, different among each other."""

from __future__ import annotations

from itertools import pairwise

from sign2gpt.signing.body.signers import signers


def test_a_signer_does_not_depend_on_how_many_there_are() -> None:
    assert signers(0, 9)[:3] == signers(0, 3)


def test_signers_differ_in_what_can_be_seen() -> None:
    people = signers(0, 9)
    assert len({(s.skin, s.hair, s.hair_style, s.clothes, s.wall) for s in people}) == 9
    assert all(a.skin != b.skin and a.wall != b.wall for a, b in pairwise(people))
    assert {s.left_handed for s in people} == {True, False}
    assert len({s.tempo for s in people}) == len({s.movement for s in people}) == 9


def test_hands_stand_out_against_clothes() -> None:
    for seed in range(5):
        for signer in signers(seed, 12):
            assert sum(abs(a - b) for a, b in zip(signer.skin, signer.clothes, strict=True)) > 120


def test_another_seed_draws_other_people() -> None:
    assert signers(0, 4) != signers(1, 4)
