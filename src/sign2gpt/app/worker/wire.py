"""Messages between two processes, one line of JSON each; every wait has a limit that its own side sets."""

from __future__ import annotations

import json
import math
import select
import socket
import time
from typing import Any

LONGEST = 64 << 20
PART = 1 << 16


class Wire:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._unread = bytearray()

    def send(self, *message: Any, seconds: float | None = None) -> None:
        """Sends a list of values as JSON.

        Raises:
            OSError: the other side does not read it, or not within ``seconds``.
        """
        self._end.settimeout(seconds)
        self._end.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float = math.inf) -> Any:
        """The next message.

        Raises:
            TimeoutError: it is not complete within ``seconds``, or ``seconds`` is not over 0.
            EOFError: the other side has closed, or sent something that is no message.
            OSError: the connection broke.
        """
        if seconds <= 0:
            raise TimeoutError
        until, searched = time.monotonic() + seconds, 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > LONGEST:
                raise EOFError
            self._unread += self._part(until - time.monotonic())
        line = self._unread[:end]
        del self._unread[: end + 1]
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise EOFError from None

    def waiting(self) -> bool:
        """Whether something has arrived that was not received yet."""
        return bool(self._unread) or bool(select.select([self._end], [], [], 0)[0])

    def close(self) -> None:
        self._end.close()

    def _part(self, seconds: float) -> bytes:
        if seconds <= 0:
            raise TimeoutError
        self._end.settimeout(None if math.isinf(seconds) else seconds)
        part = self._end.recv(PART)
        if not part:
            raise EOFError
        return part
