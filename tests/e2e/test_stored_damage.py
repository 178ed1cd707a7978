"""Damage of what sign2gpt has stored is refused in one line, repaired to the same bits, or harmless: never silent.

The table: ``python -m pytest tests/e2e/test_stored_damage.py -k every -s`` (`make test-all` makes it too).
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from damage.stored import DAMAGES, HARMLESS, REFUSED, STORED, Stored, outcome, write_stored

from sign2gpt.common.seeds import draw


@dataclass(frozen=True)
class Place:
    """One of everything that is stored, at ``folder``, whose path the runs know, and a ``healthy`` copy of it."""

    folder: Path
    healthy: Path

    def anew(self) -> Path:
        shutil.rmtree(self.folder)
        shutil.copytree(self.healthy, self.folder)
        return self.folder


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("stored")
    write_stored(folder / "world")
    shutil.copytree(folder / "world", folder / "healthy")
    return Place(folder / "world", folder / "healthy")


def became(kind: Stored, place: Place, damages: list[tuple[str, str]]) -> Counter[str]:
    """What became of these files and damages."""
    expected = kind.read(place.anew())
    found = Counter[str]()
    for file, damage in damages:
        result = outcome(kind, file, damage, draw(7, file, damage), place.anew(), expected)
        assert result in (REFUSED, HARMLESS), f"{damage} in {file}: {result}"
        found[result] += 1
    return found


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.name)
def test_a_flipped_bit_in_a_file_of_each_kind(kind: Stored, place: Place) -> None:
    files = kind.files(place.healthy)
    assert files
    chosen = draw(3, kind.name).sample(files, min(2, len(files)))
    assert became(kind, place, [(file, "a bit flipped") for file in chosen]).total() == len(chosen)


@pytest.mark.slow
@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.name)
def test_every_damage_of_every_file(kind: Stored, place: Place) -> None:
    damages = [(file, damage) for file in kind.files(place.healthy) for damage in DAMAGES]
    print(f"\n{kind.name}: {dict(became(kind, place, damages))}")
