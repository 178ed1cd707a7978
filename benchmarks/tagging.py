"""How long does `sign2gpt glosses` take on a corpus' sentences, what does it find, and is it the same each time?

Usage: python benchmarks/tagging.py [--quick] [CORPUS ...]

Reads tables alone: a corpus without its clips does. Every run is a process of its own, with another PYTHONHASHSEED; its
seconds are those of the whole command, start and survey included. Floor: the tagger alone, in one process that has it
already. Without a corpus the signer's own sentences are tagged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from sign2gpt.common.engine import cores
from sign2gpt.data.corpus import Corpus
from sign2gpt.data.glosses.pseudo_glosses import FILE
from sign2gpt.data.glosses.taggers import open_tagger
from sign2gpt.data.tables import INFO, METADATA
from sign2gpt.signing.config import SigningConfig
from sign2gpt.signing.language.grammar import scripts

PAPER = {
    "PHOENIX14T": {"pseudo_glosses": 2533, "words": 2887, "protocol": "phoenix14t"},
    "CSL-Daily": {"pseudo_glosses": 7918, "characters": 2277, "protocol": "csl-daily"},
}
"""What the paper says of each, and the protocol that its test split is scored with."""
HASH_SEEDS = ("0", "1", "2")


def own_sentences(folder: Path, count: int) -> Path:
    """A corpus of the signer's sentences and glosses, without clips."""
    config = SigningConfig(train=count, dev=count // 4, test=count // 4, test_unseen_signer=0)
    folder.mkdir()
    (folder / INFO).write_text("{name: own, language: de, frame_rate: 25, size: 64, licence: CC0-1.0}\n")
    for split, made in scripts(config).items():
        (folder / split).mkdir()
        rows = [f"{split}{number}.mp4,{' '.join(s.glosses)},{s.text},1" for number, s in enumerate(made)]
        (folder / split / METADATA).write_text("\n".join(["file_name,glosses,text,num_frames", *rows]) + "\n")
    return folder


def tables(corpus: Path, folder: Path) -> Path:
    """A copy of a corpus without its clips."""
    for path in (corpus / INFO, *corpus.glob(f"*/{METADATA}")):
        target = folder / path.relative_to(corpus)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def run(corpus: Path, hash_seed: str, *changes: str) -> tuple[dict[str, Any], float, float]:
    """What the command prints, its seconds by the clock, and those of the processor."""
    command = [sys.executable, "-m", "sign2gpt", "glosses", str(corpus), "--json", *changes]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), wall, spent


def measure(corpus: Path) -> dict[str, Any]:
    """Seconds and counts of one corpus."""
    opened = Corpus.open(corpus)
    texts = dict.fromkeys(row.text for split in opened.splits for row in opened.rows(split))
    paper = PAPER.get(opened.info.name, {})
    protocol = ["--set", f"evaluation.protocol={paper.get('protocol', 'plain')}"]
    runs, hashes = [], set()
    for hash_seed in HASH_SEEDS:
        runs.append(run(corpus, hash_seed, *protocol))
        hashes.add(hashlib.sha256((corpus / FILE).read_bytes()).hexdigest())
    found = runs[0][0]
    tagger = open_tagger(None, opened.info.language)
    list(tagger.tag(["."]))
    start = time.process_time()
    list(tagger.tag(texts))
    floor = time.process_time() - start
    leak, *_ = run(corpus, "0", "--set", f"data.vocabulary_splits=[{','.join(opened.splits)}]", *protocol)
    words, *_ = run(corpus, "0", "--tagger", "words", *protocol)
    return {
        "corpus": opened.info.name,
        "sentences": sum(len(opened.rows(split)) for split in opened.splits),
        "tagger": f"{found['tagger']} {found['tagger_version']}",
        "seconds": {
            "clock": round(median(wall for _, wall, _ in runs), 1),
            "processor": round(median(spent for *_, spent in runs), 1),
            "floor_tagger_alone": round(floor, 1),
        },
        "same_bytes_with_any_hash_seed": len(hashes) == 1,
        "sha256": sorted(hashes),
        "pseudo_glosses": len(found["vocabulary"]),
        "pseudo_glosses_with_all_splits": len(leak["vocabulary"]),
        "words": len(words["vocabulary"]) + len(words["too_frequent"]),
        "characters": len({c for row in opened.rows("train") for c in row.text if not c.isspace()}),
        "clips_without_target": found["without_target"],
        "paper": paper,
        "survey": summary(found["survey"]),
    }


def summary(survey: dict[str, Any]) -> dict[str, Any]:
    """Shares in %, each by equality with a gloss and with words akin to one."""
    told: dict[str, Any] = {"targets_a_clip": survey["targets"], "seen_often": round(100 * survey["seen_often"], 1)}
    sides = ("exact", "related")
    if survey["proxy"]:
        parts = [survey["proxy"][side]["all"] for side in sides]
        told["precision"] = [round(100 * part["signed"] / part["words"], 1) for part in parts]
        told["recall"] = [round(100 * part["named"] / part["glosses"], 1) for part in parts]
    for split, support in survey["support"].items():
        words = [support[side]["words"] for side in sides]
        told[f"{split}_words_without_gloss"] = [round(100 * w["unsupported"] / w["all"], 1) for w in words]
        told[f"{split}_bleu4_of_supported_words"] = [
            round(support[side]["ceiling"]["bleu4"]["score"], 2) for side in sides
        ]
    return told | {"protocol": survey["protocol"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("corpora", nargs="*", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = options.corpora or [own_sentences(Path(folder) / "own", 20 if options.quick else 2000)]
        copies = [tables(source, Path(folder) / f"copy{number}") for number, source in enumerate(sources)]
        result = {
            "benchmark": "tagging",
            "command": shlex.join(["python", *sys.argv]),
            "corpora": [measure(copy) for copy in copies],
            "cores": cores(),
            "machine": platform.processor() or platform.machine(),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in ("HanTa", "jieba", "sacrebleu")},
        }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
