"""What the page lets in, and what it gives to one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of an upload and of the work on it.

    megabytes, seconds, pixels: of a video; pixels are width times height.
    work_s: a request that takes longer is stopped, and the worker with it.
    memory_mb: what a worker may take beyond what it holds when its run is loaded (Linux).
    waiting: requests in the queue; further ones are turned away.
    uploads, held_megabytes: that one client may have here at once.
    gone_s: a file is removed when whoever uses it is gone for so long, or nobody has asked for anything with it.
    keep_s: any file is removed after so long.
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
