"""Clips to try a run on: those of the bundled model, or some of a run's own dev split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import read_json
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.shards.remote import is_address
from sign2gpt.model.runs.run import Run
from sign2gpt.model.runs.shipped import shipped_examples, shipped_run

MOST = 3
SHOWN = "256"
"""Folder of the bundled clips as people see them, 256 pixels wide; the model reads the small ones."""


@dataclass(frozen=True)
class Example:
    """A clip that a model reads, the file that people see instead, and the sentence that is signed."""

    path: Path
    shown: Path
    text: str


def examples_of(run: Run) -> list[Example]:
    """At most `MOST` clips of a run's corpus; none if the corpus is not on this machine.

    Clips that were removed from the corpus are not included, and while a removal is unfinished there are none.
    """
    return _bundled() if run.folder == shipped_run() else _own(run)


def _bundled() -> list[Example]:
    texts = read_json(shipped_run() / "made.json")["examples"]
    clips = shipped_examples()
    return [Example(path, path.parent / SHOWN / path.name, texts[path.name]["reference"]) for path in clips]


def _own(run: Run) -> list[Example]:
    folder = str(run.recipe.get("data", {}).get("corpus", ""))
    if not folder or is_address(folder):
        return []
    try:
        corpus = Corpus.open(folder)
        rows = corpus.rows("dev") if _same(corpus, run.info.get("corpus", {})) else []
    except UserError:
        return []
    clips = [row for row in rows if isinstance(row.path, Path) and row.path.is_file()]
    return [Example(Path(str(row)), Path(str(row)), row.text) for row in clips[:MOST]]


def _same(corpus: Corpus, known: dict[str, Any]) -> bool:
    """Whether a corpus is the one that the run was trained on; it may have fewer clips now."""
    return all(getattr(corpus.info, key) == known.get(key) for key in ("name", "language", "made_from"))
