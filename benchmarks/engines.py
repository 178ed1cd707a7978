"""What does an engine cost: until its first item, and for each one after it, beside the work of one clip?

Usage: python benchmarks/engines.py [--quick] [--repeats 5]

Items are empty, so all that is measured is handing them over and taking them back: by processes of this machine, and by
Ray on this machine where it is installed, in turn. The clip is an example of the shipped model's: its features, and its
sentence, each as a file.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from measure import circumstances

from sign2gpt.common.engine import Workers, cores, parallel_map
from sign2gpt.inference.bulk.outputs import BulkOutput, Features, Sentences
from sign2gpt.inference.bulk.runner import BulkJob, make_files
from sign2gpt.inference.translator import shipped_examples
from sign2gpt.model.runs.shipped import SHIPPED


def of_items(workers: Workers, items: int) -> tuple[float, float]:
    """Seconds until the first of so many empty items, and of each one after it."""
    begun = time.perf_counter()
    results = parallel_map(abs, range(items), workers)
    next(results)
    first = time.perf_counter()
    for _ in results:
        pass
    return first - begun, (time.perf_counter() - first) / (items - 1)


def of_a_clip(product: BulkOutput, copies: int) -> float:
    """Processor seconds of a file in a process that works alone, where the model is loaded already."""
    example = shipped_examples()[0]
    taken: list[float] = []
    for count in (1, 1, 1 + copies):
        with tempfile.TemporaryDirectory() as folder:
            videos = {f"{number}.mp4": example for number in range(count)}
            begun = time.process_time()
            make_files(BulkJob(SHIPPED, "cpu", product, Path(folder)), videos, workers=1)
            taken.append(time.process_time() - begun)
    return (taken[2] - taken[1]) / copies


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a size that the tests run")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    items, copies, repeats = (20, 2, 1) if options.quick else (2000, 50, options.repeats)
    engines: dict[str, Workers] = {"local": max(2, cores())}
    if find_spec("ray"):
        from sign2gpt.common.cluster import Cluster

        engines["ray"] = Cluster()
    rounds = [{name: of_items(workers, items) for name, workers in engines.items()} for _ in range(repeats + 1)]
    figures: dict[str, Any] = {
        name: {
            "first_item_s": round(median(found[name][0] for found in rounds[1:]), 2),
            "item_ms": round(1000 * median(found[name][1] for found in rounds[1:]), 3),
            "item_ms_spread": [round(1000 * edge(found[name][1] for found in rounds[1:]), 3) for edge in (min, max)],
        }
        for name in engines
    }
    clip = {product.title: round(1000 * of_a_clip(product, copies), 1) for product in (Features(), Sentences())}
    facts = circumstances(torch.device("cpu")) | {"clock": "perf_counter of items, process_time of a clip"}
    if "ray" in engines:
        facts["ray"] = version("ray")
    print(json.dumps({"benchmark": "engines", "engines": figures, "clip_ms": clip, "items": items, **facts}))


if __name__ == "__main__":
    main()
