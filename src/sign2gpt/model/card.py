"""The model card of a run: what it is, what it was trained on, what its scores are, what it must not be used for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sign2gpt.common.cards import card, licence_keys, plain, slug, table

NOT_FOR = """## What it must not be used for

- In place of an interpreter: in health care, in court, in school, at an authority or wherever a mistake costs someone.
  It says fluent sentences that are wrong and does not tell them from right ones.
- To watch, recognise or judge people who sign, or to translate those who have not agreed to it.
- Beyond what it was trained on: other signers, topics, cameras and sign languages give sentences of its own world.
- As proof that a sign language is understood: scores count words that agree, on sentences like those of training."""

SYNTHETIC = """**Synthetic. The signs are invented.** A program drew them; they are no sign language, and no deaf person
uses them. This model translates no sign language at all, and its scores say nothing about one: they show that the
method learns and that the software works."""

STAGES = {
    "pretrain": "pretrained to find pseudo-glosses (words of the sentences) in video; it cannot translate yet",
    "translate": "trained to translate signed video into sentences",
}

USE = """## Use

```python
from sign2gpt import Translator

translator = Translator.from_pretrained("{address}")
print(translator.translate("clip.mp4").text)
```"""

TITLES = {
    "bleu1": "BLEU-1",
    "bleu2": "BLEU-2",
    "bleu3": "BLEU-3",
    "bleu4": "BLEU-4",
    "lowest_log_probability": "lowest log-probability per token",
    "rouge_l": "ROUGE-L",
    "chrf": "chrF",
}
HUB_METRICS = {"bleu4": "bleu", "rouge_l": "rouge", "chrf": "chrf"}


@dataclass(frozen=True)
class Measured:
    """An evaluation of the run; ``scores`` are (score, lowest, highest) by measure, 0 to 100."""

    corpus: str
    split: str
    protocol: str
    scores: dict[str, tuple[float, float | None, float | None]]


def model_card(
    stage: str,
    recipe: dict[str, Any],
    info: dict[str, Any],
    *,
    address: str = "FOLDER",
    measured: Sequence[Measured] = (),
) -> str:
    """The card of a run.

    Args:
        recipe: the resolved recipe.
        info: what ``run.json`` tells: the corpus, and the figures on dev.
        address: what others load the run by: its name on the hub, once it has one.
    """
    name, corpus = str(recipe.get("name", "run")), _section(info, "corpus")
    parts = [
        f"# {plain(name)}",
        SYNTHETIC if _synthetic(recipe) else "",
        f"Sign2GPT (Wong, Camgoz, Bowden, ICLR 2024), {STAGES[stage]}.",
        USE.format(address=address) if stage == "translate" else "",
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
    """What the hub reads: https://huggingface.co/docs/hub/model-cards."""
    tags = ["sign-language-translation", "gloss-free", "video", *(["synthetic"] if _synthetic(recipe) else [])]
    front: dict[str, Any] = {"language": [str(corpus["language"])]} if "language" in corpus else {}
    front |= {**licence_keys(str(corpus.get("licence", ""))), "library_name": "sign2gpt", "tags": tags}
    front |= {"datasets": [slug(str(corpus["name"]))]} if "name" in corpus else {}
    front |= {"metrics": ["bleu", "rouge", "chrf"]} if stage == "translate" else {}
    results = [_result(each) for each in measured]
    return front | ({"model-index": [{"name": name, "results": results}]} if results else {})


def _result(measured: Measured) -> dict[str, Any]:
    return {
        "task": {"type": "translation", "name": "sign language translation"},
        "dataset": {"type": slug(measured.corpus), "name": measured.corpus, "split": measured.split},
        "metrics": [
            {"type": HUB_METRICS[measure], "name": f"{TITLES[measure]} ({measured.protocol})", "value": score[0]}
            for measure, score in measured.scores.items()
            if measure in HUB_METRICS
        ],
    }


def _training(recipe: dict[str, Any], corpus: dict[str, Any]) -> str:
    model = _section(recipe, "model")
    terms = corpus.get("licence", "unknown")
    rows = [
        ["corpus", corpus.get("name", "unknown")],
        ["language of the sentences", corpus.get("language", "unknown")],
        ["terms of the corpus", f"{terms}; they say what may be done with weights made from it"],
        ["notice", corpus.get("notice", "")],
        ["backbone", _section(model, "spatial").get("backbone", "")],
        ["language model", _section(model, "decoder").get("language_model", "")],
        ["of the recipe", recipe.get("notes", "")],
    ]
    return "## What it was trained on\n\n" + table(["", ""], [[name, plain(told)] for name, told in rows if told])


def _scores(measured: Sequence[Measured], dev: dict[str, Any], stage: str, recipe: dict[str, Any]) -> str:
    training = _section(recipe, "train" if stage == "translate" else "pretrain")
    few = training.get("dev_clips")
    on = f"On up to {plain(few)} clips of dev" if few else "On dev"
    chosen = ", by which its weights were chosen" if training.get("keep_best", True) else ", after the last epoch"
    told = [f"## Scores\n\n{on}{chosen}: {_figures(dev)}."] if dev else []
    for each in measured:
        rows = [
            [TITLES.get(measure, plain(measure)), f"{score:.1f}", f"{low:.1f} to {high:.1f}" if low is not None else ""]
            for measure, (score, low, high) in each.scores.items()
        ]
        told.append(f"{plain(each.corpus)}, {plain(each.split)} ({plain(each.protocol)}):")
        told.append(table(["measure", "score", "95 % interval"], rows))
    if stage == "translate" and not measured:
        told.append("No test split has been scored for this card: `sign2gpt evaluate` does it, with controls.")
    return "\n\n".join(told)


def _figures(dev: dict[str, Any]) -> str:
    known = {name: value for name, value in dev.items() if isinstance(value, float | int)}
    return ", ".join(f"{TITLES.get(name, plain(name))} {value:.4g}" for name, value in known.items())


def _section(values: dict[str, Any], key: str) -> dict[str, Any]:
    """A part of what a run tells, which may be another's and hold anything."""
    found = values.get(key)
    return found if isinstance(found, dict) else {}
