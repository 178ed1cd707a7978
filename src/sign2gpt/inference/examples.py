"""Clips to try a run on: those that are bundled with the demo's model, or some of a run's own dev split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.remote import is_address
from sign2gpt.inference.shipped import shipped_examples, shipped_run
from sign2gpt.model.hub import Run

MOST = 3
SHOWN = "256"
"""Folder of the bundled clips as they are shown, drawn at so many pixels; a model reads the small ones."""


@dataclass(frozen=True)
class Example:
    """A clip that a model reads, the file that people see in its place, and the sentence that is signed."""

    path: Path
    shown: Path
    text: str


def examples_of(run: Run) -> list[Example]:
    """At most `MOST` clips of what a run was trained on; none where its corpus is not on this machine.

    Clips that were removed from the corpus are not among them, and none are while a removal is unfinished.
    """
    return _bundled() if run.folder == shipped_run() else _own(run)


def _bundled() -> list[Example]:
    texts = read_json(shipped_run() / "made.json")["examples"]
    clips = shipped_examples()
    return [Example(path, path.parent / SHOWN / path.name, texts[path.name]["reference"]) for path in clips]


def _own(run: Run) -> list[Example]:
    place = str(run.recipe.get("data", {}).get("corpus", ""))
    if not place or is_address(place):
        return []
    try:
        corpus = Corpus.open(place)
        rows = corpus.rows("dev") if _same(corpus, run.info.get("corpus", {})) else []
    except UserError:
        return []
    clips = [row for row in rows if isinstance(row.path, Path) and row.path.is_file()]
    return [Example(Path(str(row)), Path(str(row)), row.text) for row in clips[:MOST]]


def _same(corpus: Corpus, known: dict[str, Any]) -> bool:
    """Whether a corpus is the one that the run was trained on, be it with fewer clips."""
    return all(getattr(corpus.info, key) == known.get(key) for key in ("name", "language", "made_from"))
