"""Does the page answer many uploads at once, tell what is wrong with damaged ones, and keep neither memory nor files?

Usage: python benchmarks/page_load.py [--quick] [--uploads 200] [--at-once 8] [--run demo]

A server of its own gets uploads from as many clients as come at once, through the API that programs use; every fifth is
damaged (cut, overwritten, empty, text, a header that lies). No two files are alike, so that none is taken from a cache.
Memory is the resident size of server and worker, after a first round and at the end.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from measure import circumstances

from sign2gpt.app.texts import texts_of
from sign2gpt.model.runs.shipped import shipped_examples

EVERY = 5
"""One in so many uploads is damaged."""
ROUND = 16
"""Uploads before memory is first looked at: libraries load what they need, buffers find their size."""


@dataclass(frozen=True)
class Upload:
    """A file to send, and whether it should be refused."""

    path: Path
    damaged: bool


@dataclass(frozen=True)
class Outcome:
    """What became of an upload, and the seconds until it was known."""

    kind: str
    seconds: float


def uploads(folder: Path, count: int) -> list[Upload]:
    """Examples that come along, each with a box of its own at its end, and damaged ones among them."""
    examples, made = [path.read_bytes() for path in shipped_examples()], []
    for number in range(count):
        random, path = Random(number), folder / f"clip{number:04d}.mp4"
        whole = examples[number % len(examples)] + _box(number)
        is_damaged = number % EVERY == EVERY - 1
        path.write_bytes(_damaged(whole, number // EVERY % 5, random) if is_damaged else whole)
        made.append(Upload(path, is_damaged))
    return made


def _box(number: int) -> bytes:
    content = f"upload {number}".encode()
    return (8 + len(content)).to_bytes(4, "big") + b"free" + content


def _damaged(data: bytes, kind: int, random: Random) -> bytes:
    middle = len(data) // 2
    return [
        data[: middle + random.randrange(middle // 2)],
        data[:middle] + random.randbytes(len(data) - middle),
        b"",
        f"no video {random.random()}\n".encode() * 50,
        data.replace(b"stsz", b"st\0z", 1)[:-1] + bytes([random.randrange(256)]),
    ][kind]


@contextmanager
def server(run: str) -> Iterator[tuple[str, int]]:
    """Address and process of a page; it ends with the block."""
    command = [sys.executable, "-m", "sign2gpt", "app", run, "--port", "7999"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip().rstrip("/"), process.pid
        finally:
            process.terminate()


def send(client: Client, upload: Upload) -> Outcome:
    """One upload, as a program would send it."""
    started = time.perf_counter()
    try:
        found = client.predict(handle_file(str(upload.path)), api_name="/translate")
        kind = "answered" if found["text"] else "without a text"
    except AppError as error:
        kind = "told why not" if is_clear(str(error)) else f"unclear: {error}"
    expected = "told why not" if upload.damaged else "answered"
    return Outcome(kind if kind == expected else f"wrong: {kind}, not {expected}", time.perf_counter() - started)


def is_clear(message: str) -> bool:
    """Whether a message is one of those that the page has for visitors."""
    texts = [text for key, text in texts_of("en").by_key.items() if key.startswith("refused_")]
    return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(text)), message) for text in texts)


def resident(address: str, pid: int) -> dict[str, float]:
    """MB of memory that server and worker hold."""
    worker = httpx.get(f"{address}/health").json()["workers"][0]["pid"]
    sizes = {name: Path(f"/proc/{number}/status").read_text() for name, number in (("server", pid), ("worker", worker))}
    return {name: int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024 for name, status in sizes.items()}


def measured(run: str, count: int, at_once: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, server(run) as (address, pid):
        first, *rest = _rounds(uploads(Path(folder), count))
        clients = [Client(address, verbose=False) for _ in range(at_once)]
        with ThreadPoolExecutor(at_once) as pool:

            def sent(some: list[Upload]) -> list[Outcome]:
                shares = [some[place::at_once] for place in range(at_once)]
                done = pool.map(lambda client, share: [send(client, one) for one in share], clients, shares)
                return [outcome for outcomes in done for outcome in outcomes]

            outcomes, before, started = sent(first), resident(address, pid), time.perf_counter()
            outcomes += [outcome for some in rest for outcome in sent(some)]
            seconds = time.perf_counter() - started
        after, health = resident(address, pid), httpx.get(f"{address}/health").json()
    return {
        "uploads": count,
        "at_once": at_once,
        "outcomes": dict(Counter(outcome.kind for outcome in outcomes)),
        "seconds_each_at_once": round(median(outcome.seconds for outcome in outcomes), 2),
        "uploads_a_second": round((count - len(first)) / seconds, 2) if rest else None,
        "resident_mb_before": {name: round(size, 1) for name, size in before.items()},
        "resident_mb_after": {name: round(size, 1) for name, size in after.items()},
        "worker_restarts": health["workers"][0]["restarts"],
        "files_left": health["files"],
    }


def _rounds(made: list[Upload]) -> list[list[Upload]]:
    """The first few, then all others."""
    return [part for part in (made[:ROUND], made[ROUND:]) if part]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--run", default="demo")
    asked = parser.parse_args()
    count, at_once = (10, 2) if asked.quick else (asked.uploads, asked.at_once)
    found = measured(asked.run, count, at_once)
    about = circumstances(torch.device("cpu"))
    print(json.dumps({"benchmark": "page_load", **found, **about}, ensure_ascii=False))


if __name__ == "__main__":
    main()
