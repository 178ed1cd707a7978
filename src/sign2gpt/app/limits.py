"""What the page accepts, what one request may use, and how a request is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse

from sign2gpt.common.errors import UserError


@dataclass(frozen=True)
class PageLimits:
    """Limits of an upload and of the work on it.

    Attributes:
        megabytes, seconds, pixels: of a video; pixels are width times height.
        work_s: a request that takes longer is stopped, and the worker with it.
        memory_mb: that a worker may use in addition to what it needs to load its run (Linux).
        waiting: requests in the queue; further ones are refused.
        uploads, held_megabytes: that one client may have on the server at the same time.
        gone_s: a file is removed when its visitor has been away for this long, or when no request has used it.
        keep_s: any file is removed after this long.
        glosses: that the avatar signs for one request.
    """

    megabytes: int = 50
    seconds: float = 120.0
    pixels: int = 1920 * 1080
    work_s: float = 120.0
    memory_mb: int = 2048
    waiting: int = 32
    uploads: int = 32
    gone_s: float = 60.0
    keep_s: int = 3600
    glosses: int = 20

    @property
    def held_megabytes(self) -> int:
        return 8 * self.megabytes


class Refused(UserError):  # noqa: N818 - not an error of ours
    """A request that is refused: ``key`` of the page's text for it, and the ``values`` of its placeholders."""

    def __init__(self, key: str, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(key)
        self.key, self.values = key, dict(values or {})


def check_bytes(path: Path, limits: PageLimits) -> None:
    """Checks a file without decoding it.

    Raises:
        Refused: it is missing, empty or too large.
    """
    if not path.is_file():
        raise Refused("gone")
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty")
    if size > limits.megabytes << 20:
        raise Refused("too_many_bytes", {"megabytes": f"{size / (1 << 20):.0f}", "most": limits.megabytes})


def check_video(path: Path, limits: PageLimits) -> float:
    """The video's seconds; this decodes its first frame, so it is called in a worker.

    Raises:
        Refused: the video is too long, or its frames are too large.
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


def denied(status: int, why: str) -> JSONResponse:
    """A response that states the reason; ``detail`` is where Gradio's own scripts look for it."""
    return JSONResponse({"error": why, "detail": why}, status_code=status)
