"""Runs a command for some minutes and packs what it goes on from: for machines lent by the piece, bare each time.

python tools/piece.py --state STATE --minutes 9 --keep signed/language_model --keep signed/runs/pretrain -- \\
    sign2gpt pretrain signed_phoenix14t --set pretrain.save_minutes=1

Before the command, what the last piece packed into STATE comes back; after it, or when the minutes are over, the kept
files and folders are packed there again, in parts of 15 MB. What can be made anew (the corpus) is better not kept.
Ends with the command's own code, or with 75 where it was stopped: take STATE along, and the same line goes on.
"""

from __future__ import annotations

import argparse
import io
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_folder, recover_folder

AGAIN = 75
"""The code of a temporary failure, which job queues start again."""
PART_BYTES = 15_000_000


def piece(command: list[str], keep: list[Path], state: Path, seconds: float) -> int:
    """Brings the state back, runs the command, packs the state; the code to end with."""
    if any(path.is_absolute() or ".." in path.parts for path in keep):
        raise UserError("--keep: name files and folders below the one that this runs in")
    bring_back(state, Path())
    code = limited(command, seconds)
    pack([path for path in keep if path.exists()], state)
    return code


def limited(command: list[str], seconds: float) -> int:
    """The command's code, or `AGAIN` where it was interrupted because its time was over."""
    run = subprocess.Popen(command)
    try:
        return run.wait(seconds)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGINT)
        run.wait()
        return AGAIN


def pack(paths: list[Path], state: Path) -> None:
    """Files and folders, and all in them, as the parts of one archive; the state is the old one or the new one."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for path in sorted(paths):
            archive.add(path)
    packed = held.getbuffer()
    with atomic_folder(state) as partial:
        for number, start in enumerate(range(0, len(packed), PART_BYTES)):
            (partial / f"part{number:03d}").write_bytes(packed[start : start + PART_BYTES])


def bring_back(state: Path, folder: Path) -> None:
    """Unpacks what `pack` left over what is there."""
    recover_folder(state)
    parts = sorted(state.glob("part[0-9][0-9][0-9]"))
    if not parts:
        return
    held = io.BytesIO(b"".join(part.read_bytes() for part in parts))
    try:
        with tarfile.open(fileobj=held) as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise UserError(f"{state}: a part is missing or damaged ({error}); take all of them along") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, help="folder of the parts")
    parser.add_argument("--minutes", type=float, required=True, help="time of the command; packing comes after it")
    parser.add_argument("--keep", type=Path, action="append", required=True, help="what to pack (repeatable)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="-- and what to run")
    chosen = parser.parse_args()
    command = chosen.command[1:] if chosen.command[:1] == ["--"] else chosen.command
    try:
        sys.exit(piece(command, chosen.keep, chosen.state, 60 * chosen.minutes))
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
