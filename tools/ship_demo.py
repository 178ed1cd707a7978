"""Packs the demo's model into the package: float16 weights, three example clips, and how they were made.

python tools/ship_demo.py demo        after `make demo` and `make demo-full`
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import sign2gpt
from sign2gpt.common.config import build
from sign2gpt.common.files import read_json, sha256, write_json
from sign2gpt.data.corpus import Corpus
from sign2gpt.evaluation.record import Record
from sign2gpt.inference.calibrate import calibrate
from sign2gpt.inference.examples import SHOWN
from sign2gpt.inference.translator import Translator
from sign2gpt.model.runs.run import Finished, save_run, write_calibration
from sign2gpt.model.sign_model import encoder_weights
from sign2gpt.signing.body.render import NOTICE
from sign2gpt.signing.clips import signed_clips
from sign2gpt.signing.config import SigningConfig
from sign2gpt.systems import load_run, system_named
from sign2gpt.video.encode import write_clip

MOST_BYTES = 8_000_000
EXAMPLES = 3
SHOWN_CRF = 27
"""Quality of the examples as people see them: noise costs most of the bytes, and nobody looks for it."""


def ship(demo: Path, target: Path) -> None:
    """Replaces the packed model and examples by those of the demo folder ``demo``."""
    run = load_run(demo / "runs" / "translate")
    system = system_named(run.about.system)
    finished = Finished(
        run.about.stage,
        glosses=run.glosses,
        info=run.info,
        tokenizer=system.tokenizer(run.folder, run.config),
        localizer=encoder_weights(run.localizer) if run.localizer else None,
    )
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    save_run(target, system, run.model, run.recipe, finished, whole="yes", half=True)
    corpus = Corpus.open(demo / "corpus")
    write_calibration(target, calibrate(Translator.from_pretrained(target, "cpu"), corpus.rows("dev")))
    examples = target.parent / "examples"
    shutil.rmtree(examples, ignore_errors=True)
    examples.mkdir()
    rows = corpus.rows("test")
    texts = {}
    for row in [row for row in rows if 5 <= len((row.glosses or "").split()) <= 7][:EXAMPLES]:
        copied = Path(shutil.copy(str(row), examples))
        texts[copied.name] = {"reference": row.text, "glosses": row.glosses, "signer": row.signer}
    draw(examples, run.recipe)
    files = sorted(path for folder in (target, examples) for path in folder.rglob("*") if path.is_file())
    made = {
        "command": "make demo && make demo-full && .venv/bin/python tools/ship_demo.py demo",
        "recipe": "recipe.yaml beside this file",
        "system": Record.read(demo / "records" / "translate_test.json").system,
        "scores": read_json(demo / "scores.json"),
        "timings": read_json(demo / "timings.json"),
        "notes": "synthetic: invented signs; the scores are those of the float32 run that was packed as float16",
        "examples": texts,
        "sha256": {str(path.relative_to(target.parent)): sha256(path) for path in files},
    }
    write_json(target / "made.json", made)
    size = sum(path.stat().st_size for path in files)
    print(f"{target}: {size / 1e6:.1f} MB with the examples")
    assert size < MOST_BYTES, f"the packed model is over {MOST_BYTES} bytes"


def draw(examples: Path, recipe: dict[str, Any]) -> None:
    """The examples once more, as large as people want to see them; the model reads the small ones."""
    config = build(SigningConfig, {**recipe["signing"], "size": int(SHOWN)}, where="signing")
    wanted = {path.stem for path in examples.glob("*.mp4")}
    (examples / SHOWN).mkdir(exist_ok=True)
    for clip in signed_clips(config):
        if clip.id in wanted:
            path = examples / SHOWN / f"{clip.id}.mp4"
            write_clip(path, clip.frames(), config.frame_rate, crf=SHOWN_CRF, preset="veryslow", comment=NOTICE)


if __name__ == "__main__":
    ship(Path(sys.argv[1]), Path(sign2gpt.__file__).parent / "assets" / "demo")
