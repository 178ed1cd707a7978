"""Feeds damaged inputs to the commands in one process with limits: python limited.py WHOLE [PLACE...].

Prints an `Outcome` a line, as JSON; without places of cases all of them, and then the table on stderr.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parents[1]))

from damage.cases import Case
from damage.drawn import drawn
from damage.outcome import Outcome, judged, listing, run, table

MEMORY = 1 << 30
"""Bytes over what the process holds before the first case."""
SECONDS = 20
"""Of computing, so that other work on the machine changes nothing."""


class TooLongError(BaseException):
    """Time is up; no `Exception`, for nobody may catch it."""


def _time_is_up(signal_number: int, frame: FrameType | None) -> None:
    raise TooLongError


def limit_memory() -> None:
    """RLIMIT_DATA counts what a process may write to; RLIMIT_AS would count libraries and reserves of stacks too."""
    held = re.search(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert held is not None
    limit = int(held[1]) * 1024 + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def outcome(case: Case, folder: Path) -> Outcome:
    """Runs a case in a folder of its own, which goes afterwards."""
    place = folder / "case"
    place.mkdir()
    case.write(place)
    os.chdir(place)
    before, begun = listing(folder), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        code, told = run(case.words)
    except TooLongError:
        code, told = f"over {SECONDS} seconds", ""
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    changed = {path for path, _ in before.items() ^ listing(folder).items()}
    found = judged(case, code, told, changed, time.process_time() - begun)
    os.chdir(folder)
    shutil.rmtree(place)
    return found


def main() -> None:
    whole, *places = sys.argv[1:]
    cases = drawn(Path(whole))
    signal.signal(signal.SIGPROF, _time_is_up)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as held:
        folder = Path(held)
        _prepare(folder, Path(whole))
        limit_memory()
        found: list[Outcome] = []
        for case in [cases[int(place)] for place in places] if places else cases:
            print(f"{case.kind}: {case.name}: {' '.join(case.words)}"[:200], file=sys.stderr, flush=True)
            found.append(outcome(case, folder))
            print(json.dumps(asdict(found[-1])), flush=True)
        os.chdir("/")
    if not places:
        print(table(found), file=sys.stderr)


def _prepare(folder: Path, whole: Path) -> None:
    """A decoy beside the cases, places of one's own for caches, and every library loaded before memory is counted."""
    shutil.copy(whole / "clip.mp4", folder / "secret.mp4")
    (folder / "secret").write_text("years of work\n")
    for name in ("cache", "tmp", "home"):
        (folder / name).mkdir()
    os.environ |= {"SIGN2GPT_CACHE": str(folder / "cache"), "TMPDIR": str(folder / "tmp"), "HOME": str(folder / "home")}
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    tempfile.tempdir = str(folder / "tmp")
    os.chdir(folder)
    words = [
        ["translate", f"{whole}/translate", f"{whole}/clip.mp4"],
        ["evaluate", f"{whole}/translate", "--corpus", f"{whole}/corpus", "--split", "dev"],
        ["validate", f"{whole}/recipe.yaml"],
        ["score", "--hypotheses", f"{whole}/lines.txt", "--references", f"{whole}/lines.txt", "--protocol", "plain"],
    ]
    for command in words:
        code, told = run(command)
        assert code == 0, (command, code, told)


if __name__ == "__main__":
    main()
