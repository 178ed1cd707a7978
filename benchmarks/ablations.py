"""What is each part of the method worth? The paper's ablations on signed sentences, variant by variant.

Usage: python benchmarks/ablations.py [--quick] [--recipe RECIPE --annotations DIR --folder FOLDER] [--only NAME,...]

Each stage is a command of `sign2gpt`, printed before it begins. Run the same command to resume after a stop. All
variants share corpus and language model; all variants of a seed that leave the encoder as it is share a pretraining. In
a folder where `sign2gpt demo --recipe RECIPE` ended, its variants are those of seed 0. The results contain all variants
in the folder, and which are missing. Encoder, memory and language model are varied on frozen features, where a variant
is cheap; the paper trains end to end.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from measure import circumstances, tell

from sign2gpt.common.errors import UserError, nearest
from sign2gpt.common.progress import console
from sign2gpt.common.timings import seconds_of, timed
from sign2gpt.demo import LONG, SECOND_TIMINGS, TIMINGS, epochs_of_both
from sign2gpt.evaluation.record import Record
from sign2gpt.model.runs.run import read_about
from sign2gpt.recipe import load


@dataclass(frozen=True)
class Variant:
    """What a variant changes in the recipe, and the paper's figure for it.

    Args:
        pretrained: whether it starts from a pretraining.
        encoder: changes of what is pretrained; with any, the variant has a pretraining of its own.
        translation: changes of the translation training alone.
        language_model: changes of the language model; with any, the variant has one of its own.
        paper: BLEU-4 on PHOENIX14T, and what of.
    """

    title: str
    pretrained: bool = True
    encoder: tuple[str, ...] = ()
    translation: tuple[str, ...] = ("train.freeze=[spatial, sign_encoder]",)
    language_model: tuple[str, ...] = ()
    paper: tuple[float, str] | None = None


def position(kind: str, bleu4: float) -> Variant:
    changes = (*Variant.translation, f"model.decoder.memory_positions={kind}")
    return Variant(
        f"memory positions: {kind}", translation=changes, paper=(bleu4, "w/PGP, end to end; sinusoidal 23.20")
    )


WITHOUT = "no pretraining, end to end; full 19.55"
MAIN = {
    "frozen_features": Variant("Sign(Z)2GPT (w/PGP)", paper=(20.93, "test")),
    "translate": Variant("Sign2GPT (w/PGP)", translation=(), paper=(22.52, "test")),
    "no_pretraining": Variant("Sign2GPT, no pretraining", pretrained=False, translation=(), paper=(19.42, "test")),
}
"""The paper's three settings, taken with every seed; the names are those of the demo's variants."""
VARIANTS = MAIN | {
    "global_attention": Variant("attention over the whole clip", encoder=("model.window=0",), paper=(18.56, WITHOUT)),
    "positions_none": position("none", 21.68),
    "positions_zeros": position("zeros", 21.89),
    "positions_random": position("random", 21.16),
    "narrow_language_model": Variant("language model half as wide", language_model=("lm.width=112",)),
    "deep_language_model": Variant("language model twice as deep", language_model=("lm.layers=6",)),
    "no_downsampling": Variant("no downsampling", encoder=("model.downsample=false",), paper=(19.30, WITHOUT)),
    LONG: Variant("Sign2GPT, no pretraining, steps of both stages", pretrained=False, translation=()),
}
"""In the order in which they are trained; ``frozen_features`` has sinusoidal positions, and local attention."""

QUICK = ["global_attention", "narrow_language_model"]
SMALL = [
    *("signing.train=16", "signing.dev=4", "signing.test=4", "signing.test_unseen_signer=0", "signing.size=32"),
    *("frames.size=32", "model.spatial.backbone_args={img_size: 32, embed_dim: 24}", "model.width=32", "model.mlp=32"),
    *("lm.epochs=1", "pretrain.epochs=1", "train.epochs=1", "data.vectors.epochs=1", "evaluation.bootstrap=20"),
]
"""Changes of the demo's recipe under which a variant takes seconds."""


@dataclass(frozen=True)
class Study:
    """The variants of a recipe, in one folder."""

    recipe: str
    changes: list[str]
    folder: Path
    annotations: Path | None

    def take(self, name: str, seed: int) -> None:
        """Trains and evaluates a variant, and what it needs before; finished stages are left alone."""
        variant, run, record = VARIANTS[name], self.run(name, seed), self.record(name, seed)
        if record.exists():
            return
        self.corpus()
        changes = [*self.shared(seed), *variant.encoder, f"model.decoder.language_model={self.language_model(name)}"]
        if variant.pretrained:
            self.pretrain(name, seed)
        changes.append(f"train.init={self.pretraining(name, seed) if variant.pretrained else 'null'}")
        if name == LONG:
            changes.append(f"train.epochs={epochs_of_both(load(self.recipe, changes))}")
        self.stage(run.name, ["train", self.recipe], [*changes, *variant.translation, f"train.output={run}"])
        self.stage(f"evaluate_{run.name}", ["evaluate", str(run), "-o", str(record)])

    def corpus(self) -> None:
        """The clips and their pseudo-glosses."""
        place, where = str(self.folder / "corpus"), ["--annotations", str(self.annotations)] if self.annotations else []
        self.stage("corpus", ["synth", self.recipe, place, *where], self.changes)
        self.stage("pseudo_glosses", ["glosses", place, "--recipe", self.recipe], self.changes)

    def language_model(self, name: str) -> Path:
        own = VARIANTS[name].language_model
        place = self.folder / (f"language_model_of_{name}" if own else "language_model")
        self.stage(place.name, ["lm", self.recipe], [*self.shared(0), *own, f"lm.output={place}"])
        return place

    def pretrain(self, name: str, seed: int) -> None:
        place = self.pretraining(name, seed)
        changes = [*self.shared(seed), *VARIANTS[name].encoder, f"pretrain.output={place}"]
        self.stage(place.name, ["pretrain", self.recipe], changes)

    def stage(self, name: str, words: list[str], changes: Sequence[str] = ()) -> None:
        """One command, timed; a finished one is not begun again."""
        command = [*words, *(word for change in changes for word in ("--set", change))]

        def work() -> None:
            console.rule(name, align="left")
            console.print(shlex.join(["sign2gpt", *command]), markup=False)
            if code := subprocess.run([sys.executable, "-m", "sign2gpt", *command], check=False).returncode:
                sys.exit(code)

        timed(self.folder / TIMINGS, name, work)

    def shared(self, seed: int) -> list[str]:
        return [*self.changes, f"data.corpus={self.folder / 'corpus'}", f"seed={seed}"]

    def run(self, name: str, seed: int) -> Path:
        return self.folder / "runs" / (f"{name}_seed{seed}" if seed else name)

    def pretraining(self, name: str, seed: int) -> Path:
        """What a variant starts from."""
        return self.run(f"pretrain_{name}" if VARIANTS[name].encoder else "pretrain", seed)

    def record(self, name: str, seed: int) -> Path:
        return self.folder / "records" / f"{self.run(name, seed).name}_test.json"

    def figures(self, name: str, seed: int) -> dict[str, Any]:
        """Scores with intervals on test, F1 of the pretraining on dev, seconds of the stages."""
        variant, record = VARIANTS[name], Record.read(self.record(name, seed))
        timings = seconds_of(self.folder / SECOND_TIMINGS) | seconds_of(self.folder / TIMINGS)
        figures: dict[str, Any] = {score: asdict(found) for score, found in record.scores.items()}
        figures["shuffled_video_bleu4"] = record.controls["shuffled_video"].scores["bleu4"].score
        if variant.pretrained:
            pretraining = self.pretraining(name, seed)
            figures["pretraining_f1"] = read_about(pretraining).info["dev"]["f1_at_0.2"]
            figures["pretraining_seconds"] = timings.get(pretraining.name)
        figures["seconds"] = timings.get(self.run(name, seed).name)
        return figures | {"protocol": record.protocol_line, "checkpoint": record.checkpoint}


def gather(study: Study, seeds: list[int]) -> dict[str, Any]:
    """All variants in the folder, by name and seed, with the paper's figures; and those that are missing."""
    found_variants, missing = dict[str, Any](), list[str]()
    for name, variant in VARIANTS.items():
        wanted = seeds if name in MAIN else [0]
        found = {seed: study.figures(name, seed) for seed in wanted if study.record(name, seed).exists()}
        missing += [f"{name}, seed {seed}" for seed in wanted if seed not in found]
        if found:
            found_variants[name] = {"title": variant.title, "paper_bleu4": variant.paper, "seeds": found}
    return {"arms": found_variants, "missing": missing}


def table(variants: dict[str, Any]) -> str:
    """Markdown: the mean over seeds with its range, or one seed with its interval, and the paper's figure."""
    rows = ["| variant | BLEU-4 | of | ROUGE-L | pretraining F1 | the paper's BLEU-4 |", "| --- " * 6 + "|"]
    for variant in variants.values():
        runs = list(variant["seeds"].values())
        scores = [run["bleu4"] for run in runs]
        if len(runs) > 1:
            found = sorted(score["score"] for score in scores)
            bleu4, of = f"{mean(found):.1f} ({found[0]:.1f} to {found[-1]:.1f})", f"{len(runs)} seeds, their range"
        else:
            bleu4 = f"{scores[0]['score']:.1f} ({scores[0]['low']:.1f} to {scores[0]['high']:.1f})"
            of = "one seed, 95 % interval"
        f1 = [run["pretraining_f1"] for run in runs if "pretraining_f1" in run]
        shown_f1 = f"{mean(f1):.2f}" if f1 else ""
        rouge_l = f"{mean(run['rouge_l']['score'] for run in runs):.1f}"
        paper = "{} ({})".format(*variant["paper_bleu4"]) if variant["paper_bleu4"] else ""
        rows.append(f"| {variant['title']} | {bleu4} | {of} | {rouge_l} | {shown_f1} | {paper} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--recipe", default="signed_phoenix14t_2cpu", help="signed_phoenix14t on a GPU")
    parser.add_argument("--annotations", type=Path, help="as `sign2gpt synth` takes it")
    parser.add_argument("--folder", type=Path, help="folder for everything [default: named after the recipe]")
    parser.add_argument(
        "--only", default=",".join(VARIANTS), help="variants to train, separated by commas; '' only gathers results"
    )
    parser.add_argument("--seeds", default="0,1,2", help="of the main variants; the others use the first seed")
    parser.add_argument("--output", type=Path, help="also write the result here")
    chosen = parser.parse_args()
    names, seeds = [name for name in chosen.only.split(",") if name], [int(seed) for seed in chosen.seeds.split(",")]
    for name in names:
        if name not in VARIANTS:
            raise UserError(f"no variant {name}{nearest(name, VARIANTS)}")
    study = Study(chosen.recipe, [], chosen.folder or Path(chosen.recipe), chosen.annotations)
    with tempfile.TemporaryDirectory() as scratch:
        if chosen.quick:
            names, seeds, study = QUICK, [0], Study("demo", SMALL, Path(scratch) / "demo", None)
        for seed in seeds:
            for name in names:
                if name in MAIN or seed == seeds[0]:
                    study.take(name, seed)
        found = gather(study, seeds)
    print(table(found["arms"]))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    recipe = load(study.recipe)
    result = {"benchmark": "ablations", "recipe": recipe.name, "synthetic": recipe.notes, **found}
    result |= {**circumstances(device), "cores": os.cpu_count()}
    tell(result, chosen.output)


if __name__ == "__main__":
    main()
