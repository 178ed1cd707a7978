"""What became of a case: how its command ended, what it told, and what it wrote beside its target."""

from __future__ import annotations

import io
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from damage.cases import HARMLESS, REFUSED, SKIPPED, Case
from sign2gpt.cli.main import main
from sign2gpt.common.errors import LONGEST_MESSAGE

LEFT_OUT = re.compile(r"^left out(:|, video missing:)", re.MULTILINE)
"""Tells of what --allow-missing leaves out; what is left out of every corpus is told with another reason."""
LONGEST_LINE = LONGEST_MESSAGE + 100
"""Characters of a line of a message: more is no message but the damage itself."""


@dataclass(frozen=True)
class Outcome:
    """``wrong`` is what should not have come; empty where all is as the case says."""

    kind: str
    name: str
    outcome: str
    told: str
    wrong: str
    seconds: float


def run(words: Iterable[str]) -> tuple[int | str, str]:
    """A command as a user runs it, in this process: its exit code (or traceback), and what it told on stderr."""
    out, told = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=how) for how in ("strict", "backslashreplace"))
    sys.argv = ["sign2gpt", *words]
    code: int | str = 0
    with redirect_stdout(out), redirect_stderr(told):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        except Exception:
            code = "".join(traceback.format_exc().splitlines(keepends=True)[-6:])
    told.seek(0)
    return code, told.read()


def judged(case: Case, code: int | str, told: str, changed: set[str], seconds: float) -> Outcome:
    """The outcome of a case that ended with ``code``, told ``told`` and left the paths ``changed``."""
    outcome = HARMLESS
    if code == 2:
        outcome = REFUSED
    elif "--allow-missing" in case.words and LEFT_OUT.search(told):
        outcome = SKIPPED
    wrong = [] if code in (0, 2) else [f"ended with {code}"]
    if code in (0, 2) and outcome not in case.outcomes:
        wrong.append(f"{outcome}, not {' or '.join(case.outcomes)}")
    if code == 2:
        wrong += _odd_message(case, told)
    if "Traceback" in told:
        wrong.append("a traceback")
    targets = ("out", ".out", *(["in"] if code == 0 and case.inside else []))
    if beside := sorted(path for path in changed if not path.startswith(tuple(f"case/{name}" for name in targets))):
        wrong.append(f"written beside the target: {', '.join(beside[:3])}")
    return Outcome(case.kind, case.name, outcome, told[-600:], "; ".join(wrong), round(seconds, 2))


def _odd_message(case: Case, told: str) -> list[str]:
    """What is wrong with the message of a refusal: one line, or one line and what it lists."""
    lines = told.splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("error: ")]
    message = lines[starts[0] :] if len(starts) == 1 else []
    odd = []
    if not message or not all(line.startswith("  - ") for line in message[1:]):
        return ["its message is not one line"]
    if any(not line.isprintable() for line in message):
        odd.append("its message holds unprintable characters")
    if max(map(len, message)) > LONGEST_LINE:
        odd.append(f"a line of its message has {max(map(len, message)):,} characters")
    if case.named not in told:
        odd.append(f"its message does not name {case.named}")
    return odd


def listing(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every path below ``folder`` with kind, size and time of change; caches, which may grow, are left out."""
    found: dict[str, tuple[int, ...]] = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if not name.startswith("cache/") and name != "case":
            status = path.lstat()
            folder_like = path.is_dir() and not path.is_symlink()
            found[name] = (status.st_mode, *(() if folder_like else (status.st_size, status.st_mtime_ns)))
    return found


def table(outcomes: Iterable[Outcome]) -> str:
    """Kinds of damage and what became of them, in Markdown."""
    counts: dict[str, Counter[str]] = {}
    for found in outcomes:
        counts.setdefault(found.kind, Counter())[found.outcome if not found.wrong else "wrong"] += 1
    columns = (REFUSED, SKIPPED, HARMLESS, "wrong")
    total = sum(counts.values(), Counter[str]())
    lines = [f"| damage | inputs | {' | '.join(columns)} |", f"| --- |{' --- |' * (len(columns) + 1)}"]
    for kind, found in [*counts.items(), ("all", total)]:
        lines.append(f"| {kind} | {found.total()} | {' | '.join(str(found[name]) for name in columns)} |")
    return "\n".join(lines)
