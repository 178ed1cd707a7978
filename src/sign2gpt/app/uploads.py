"""Whether an upload is within bounds: its bytes before anything reads it, its length and size where it is decoded."""

from __future__ import annotations

from pathlib import Path

from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused


def check_bytes(path: Path, limits: Limits) -> None:
    """Looks at the file from outside.

    Raises:
        Refused: it is gone, empty or too large.
    """
    if not path.is_file():
        raise Refused("gone")
    held = path.stat().st_size
    if held == 0:
        raise Refused("empty")
    if held > limits.megabytes << 20:
        raise Refused("too_many_bytes", {"megabytes": f"{held / (1 << 20):.0f}", "most": limits.megabytes})


def check_video(path: Path, limits: Limits) -> float:
    """Decodes the first frame, so it is called in a worker; returns the video's seconds.

    Raises:
        Refused: the video is too long, or its pictures are too large.
        UserError: it cannot be read.
    """
    from sign2gpt.video.decode import probe

    found = probe(path)
    if found.width * found.height > limits.pixels:
        most = f"{limits.pixels / 1e6:.1f}"
        raise Refused("too_many_pixels", {"width": found.width, "height": found.height, "megapixels": most})
    if found.duration_s > limits.seconds:
        raise Refused("too_long", {"seconds": f"{found.duration_s:.0f}", "most": f"{limits.seconds:.0f}"})
    return found.duration_s
