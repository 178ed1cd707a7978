"""The model card of a run: what it is, its training data, its scores, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sign2gpt.common.cards import card, licence_keys, plain, slug, table
from sign2gpt.common.measures import NAMES

NOT_FOR = """## What it must not be used for

- In place of an interpreter: in health care, in court, in school, with authorities, or wherever a mistake does harm. It
  can produce fluent but wrong sentences, and cannot tell which they are.
- To monitor, identify or judge people who sign, or to translate people who have not agreed to it.
- Beyond its training data: for other signers, topics, cameras and sign languages it still writes sentences about the
  topics of its training.
- As proof that a sign language is understood: scores count matching words, on sentences like those of training."""

SYNTHETIC = """**Synthetic. The signs are invented.** A program rendered them; they are not a sign language, and no deaf
person uses them. This model does not translate any sign language, and its scores do not apply to one: they only show
that the method learns and that the software works."""

STAGES = {
    "pretrain": "pretrained to find pseudo-glosses (words of the sentences) in video; it cannot translate yet",
    "train": "trained to translate signed video into sentences",
}

USE = """## Use

```python
from sign2gpt import Translator

translator = Translator.from_pretrained("{address}")
print(translator.translate("clip.mp4").text)
```"""

DEV_FIGURES = {"lowest_log_probability": "lowest log-probability per token"}
"""Labels of dev figures that are no measures."""


@dataclass(frozen=True)
class Measured:
    """An evaluation of the run; ``scores`` are (score, low, high) by measure, 0 to 100."""

    corpus: str
    split: str
    protocol: str
    scores: dict[str, tuple[float, float | None, float | None]]


def model_card(
    title: str,
    stage: str,
    recipe: dict[str, Any],
    info: dict[str, Any],
    *,
    address: str = "FOLDER",
    measured: Sequence[Measured] = (),
) -> str:
    """The card of a run.

    Args:
        title: the system, with its source.
        recipe: the resolved recipe.
        info: from ``run.json``: the corpus, and the figures on dev.
        address: what others load the run by, such as its name on the hub.
    """
    name, corpus = str(recipe.get("name", "run")), _section(info, "corpus")
    parts = [
        f"# {plain(name)}",
        SYNTHETIC if _synthetic(recipe) else "",
        f"{title}, {STAGES[stage]}.",
        USE.format(address=address) if stage == "train" else "",
        _training(recipe, corpus),
        _scores(measured, _section(info, "dev"), stage, recipe),
        NOT_FOR,
    ]
    return card(_front(name, stage, recipe, corpus, measured), parts)


def _synthetic(recipe: dict[str, Any]) -> bool:
    return recipe.get("signing") is not None


def _front(
    name: str, stage: str, recipe: dict[str, Any], corpus: dict[str, Any], measured: Sequence[Measured]
) -> dict[str, Any]:
    """Metadata for the hub: https://huggingface.co/docs/hub/model-cards."""
    tags = ["sign-language-translation", "gloss-free", "video", *(["synthetic"] if _synthetic(recipe) else [])]
    front: dict[str, Any] = {"language": [str(corpus["language"])]} if "language" in corpus else {}
    front |= {**licence_keys(str(corpus.get("licence", ""))), "library_name": "sign2gpt", "tags": tags}
    front |= {"datasets": [slug(str(corpus["name"]))]} if "name" in corpus else {}
    front |= {"metrics": [name.hub_name for name in NAMES.values() if name.hub_name]} if stage == "train" else {}
    results = [_result(each) for each in measured]
    return front | ({"model-index": [{"name": name, "results": results}]} if results else {})


def _result(measured: Measured) -> dict[str, Any]:
    return {
        "task": {"type": "translation", "name": "sign language translation"},
        "dataset": {"type": slug(measured.corpus), "name": measured.corpus, "split": measured.split},
        "metrics": [
            {"type": name.hub_name, "name": f"{name.label} ({measured.protocol})", "value": measured.scores[key][0]}
            for key, name in NAMES.items()
            if name.hub_name and key in measured.scores
        ],
    }


def _training(recipe: dict[str, Any], corpus: dict[str, Any]) -> str:
    model = _section(recipe, "model")
    terms = corpus.get("licence", "unknown")
    rows = [
        ["corpus", corpus.get("name", "unknown")],
        ["language of the sentences", corpus.get("language", "unknown")],
        ["terms of the corpus", f"{terms}; they also apply to weights trained on it"],
        ["notice", corpus.get("notice", "")],
        ["backbone", _section(model, "spatial").get("backbone", "")],
        ["language model", _section(model, "decoder").get("language_model", "")],
        ["notes of the recipe", recipe.get("notes", "")],
    ]
    return "## What it was trained on\n\n" + table(["", ""], [[name, plain(value)] for name, value in rows if value])


def _scores(measured: Sequence[Measured], dev: dict[str, Any], stage: str, recipe: dict[str, Any]) -> str:
    training = _section(recipe, "train" if stage == "train" else "pretrain")
    few = training.get("dev_clips")
    on = f"On up to {plain(few)} clips of dev" if few else "On dev"
    chosen = ", by which its weights were chosen" if training.get("keep_best", True) else ", after the last epoch"
    lines = [f"## Scores\n\n{on}{chosen}: {_figures(dev)}."] if dev else []
    for each in measured:
        rows = [
            [_label(measure), f"{score:.1f}", f"{low:.1f} to {high:.1f}" if low is not None else ""]
            for measure, (score, low, high) in each.scores.items()
        ]
        lines.append(f"{plain(each.corpus)}, {plain(each.split)} ({plain(each.protocol)}):")
        lines.append(table(["measure", "score", "95 % interval"], rows))
    if stage == "train" and not measured:
        lines.append("No test split has been scored for this card. `sign2gpt evaluate` does that, with controls.")
    return "\n\n".join(lines)


def _figures(dev: dict[str, Any]) -> str:
    known = {name: value for name, value in dev.items() if isinstance(value, float | int)}
    return ", ".join(f"{_label(name)} {value:.4g}" for name, value in known.items())


def _label(key: str) -> str:
    return NAMES[key].heading if key in NAMES else DEV_FIGURES.get(key, plain(key))


def _section(values: dict[str, Any], key: str) -> dict[str, Any]:
    """A section of a file that may come from anyone; empty if it has another form."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}
