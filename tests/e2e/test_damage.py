"""Damaged inputs: each is refused in one line, left out where asked, or does no harm; nothing is written elsewhere.

The table of all of them: ``python -m pytest tests/e2e/test_damage.py -k every -s`` (`make test-all` makes it too).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from damage import limited
from damage.cases import Case
from damage.drawn import KINDS, drawn, tenth
from damage.outcome import Outcome, judged, listing, table
from damage.whole import write_whole

from sign2gpt.common.seeds import draw

COUNT, THROUGH_PROCESSES = 529, 25


@pytest.fixture(scope="module")
def whole(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A healthy one of everything."""
    folder = tmp_path_factory.mktemp("whole")
    write_whole(folder, world)
    return folder


@pytest.fixture(scope="module")
def cases(whole: Path) -> list[Case]:
    return drawn(whole)


def fed(whole: Path, cases: Sequence[Case], places: Sequence[int]) -> list[Outcome]:
    """What becomes of these cases, in one process with limits on memory and time."""
    command = [sys.executable, limited.__file__, str(whole), *map(str, places)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    found = [Outcome(**json.loads(line)) for line in ended.stdout.splitlines()]
    assert len(found) == len(places), ended.stderr[-2000:]  # its last line is the case that ended the process
    assert [outcome.name for outcome in found] == [cases[place].name for place in places]
    return found


def as_a_user(case: Case, folder: Path) -> Outcome:
    """What becomes of a case in a process of its own."""
    for name in ("case", "cache", "home"):
        (folder / name).mkdir(parents=True)
    case.write(folder / "case")
    before = listing(folder)
    places = {"SIGN2GPT_CACHE": str(folder / "cache"), "HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "sign2gpt", *case.words]
    ended = subprocess.run(
        command, cwd=folder / "case", env=os.environ | places, capture_output=True, text=True, check=False
    )
    changed = {path for path, _ in before.items() ^ listing(folder).items()}
    return judged(case, ended.returncode, ended.stderr, changed, 0.0)


def wrong(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{found.kind}: {found.name}: {found.wrong} (told: {found.told})" for found in outcomes if found.wrong]


def test_the_draw_is_the_same_again_and_holds_every_kind(whole: Path, cases: list[Case]) -> None:
    assert len(cases) == COUNT
    assert [replace(case, write=print) for case in drawn(whole)] == [replace(case, write=print) for case in cases]
    assert {case.kind for case in cases} == set(KINDS)


def test_a_tenth_of_the_damaged_inputs(whole: Path, cases: list[Case]) -> None:
    places = tenth(cases)
    found = fed(whole, cases, places)
    assert wrong(found) == []
    assert len({outcome.kind for outcome in found}) > len(KINDS) / 2


@pytest.mark.parametrize("number", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 25))])
def test_damaged_inputs_through_the_command_line(cases: list[Case], tmp_path: Path, number: int) -> None:
    chosen = draw(0, "command line").sample(cases, THROUGH_PROCESSES)
    assert wrong([as_a_user(chosen[number], tmp_path / "around")]) == []


@pytest.mark.slow
def test_every_damaged_input(whole: Path, cases: list[Case]) -> None:
    found = fed(whole, cases, range(len(cases)))
    print(f"\n{table(found)}")
    assert wrong(found) == []
    assert table(found).splitlines()[-1].split("|")[2].strip() == str(COUNT)
    assert max(outcome.seconds for outcome in found) < limited.SECONDS
