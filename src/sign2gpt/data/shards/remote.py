"""Reads files at an address (s3://, gs://, https://, ...) by fsspec: with size limits, and with retries."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from logging import NullHandler, getLogger
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file

T = TypeVar("T")

ATTEMPTS = 3
PAUSE_S = 1.0
"""Pause before a retry; it doubles each time."""
ANSWER_S = 15.0
"""Longest wait for the first answer of an address; the libraries themselves retry for minutes."""
LIBRARIES = {
    **dict.fromkeys(("s3", "s3a"), "'sign2gpt[s3]'"),
    **dict.fromkeys(("gs", "gcs"), "'sign2gpt[gs]'"),
    **dict.fromkeys(("http", "https"), "'sign2gpt[http]'"),
    **dict.fromkeys(("az", "abfs"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
}
"""The package to install for a protocol."""
_ANONYMOUS: dict[str, str] = dict.fromkeys(("s3", "s3a"), ", or set FSSPEC_S3_ANON=true for a public bucket")
STORES = sorted({*LIBRARIES, "ftp", "hdfs", "hf", "memory", "webhdfs"})
"""Protocols that only serve files: others interpret file contents, or pass requests on to further protocols."""
FORBIDDEN = (401, 403)
_FAILURES = (
    ("aiohttp", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
    ("paramiko", "SSHException"),
)
_NO_CREDENTIALS = (("botocore.exceptions", "NoCredentialsError"), ("google.auth.exceptions", "DefaultCredentialsError"))


getLogger("gcsfs").addHandler(NullHandler())  # it would print tracebacks of errors that are reported here in one line


def is_address(location: str | Path) -> bool:
    """Whether this is an address for fsspec and not a path on this machine."""
    return "://" in str(location)


@dataclass(frozen=True)
class Remote:
    """A folder at an address; it can be pickled for other processes."""

    address: str

    def where(self, name: str) -> str:
        return f"{self.address.rstrip('/')}/{name}"

    def check_reachable(self, name: str) -> None:
        """Reads a file's first byte, so that a wrong address is reported within seconds.

        Raises:
            UserError: as `piece`, or there is no answer within `ANSWER_S`.
        """
        from fsspec.asyn import AsyncFileSystem

        until = time.monotonic() + ANSWER_S

        def ask(store: Any, file: str) -> None:
            left = max(until - time.monotonic(), 0.1)
            store.cat_file(file, start=0, end=1, **({"timeout": left} if isinstance(store, AsyncFileSystem) else {}))

        self._retried(name, ask, until)

    def download(self, name: str, path: Path, most: int) -> None:
        """Copies a file to ``path``, completely or not at all.

        Raises:
            UserError: the address does not answer, has no such file, or the file has more than ``most`` bytes.
        """
        from fsspec.callbacks import Callback

        class Bounded(Callback):
            def relative_update(self, inc: int = 1) -> None:
                super().relative_update(inc)
                if self.value > most:
                    raise too_large

        too_large = UserError(f"{self.where(name)}: larger than the expected {most:,} bytes; copy the folder again")
        with atomic_file(path) as partial:
            self._retried(name, lambda store, file: store.get_file(file, str(partial), callback=Bounded()))
            if partial.stat().st_size > most:
                raise too_large

    def piece(self, name: str, offset: int, size: int) -> bytes:
        """``size`` bytes of a file from ``offset``; fewer or more if the server does not support range requests.

        Raises:
            UserError: as `download`.
        """
        return self._retried(name, lambda store, file: store.cat_file(file, start=offset, end=offset + size))

    def _retried(self, name: str, ask: Callable[[Any, str], T], until: float = inf) -> T:
        where, why = self.where(name), ""
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = PAUSE_S * 2 ** (attempt - 1)
                if time.monotonic() + pause > until:
                    break
                time.sleep(pause)
            try:
                return ask(*_opened(where))
            except FileNotFoundError:
                raise UserError(f"{where}: no such file") from None
            except (OSError, *_imported(_FAILURES)) as error:
                why = _one_line(error)
                if _is_forbidden(error):
                    public = _ANONYMOUS.get(_protocol(where), "")
                    raise UserError(f"{where}: access denied ({why}); check your credentials{public}") from None
        raise UserError(f"{where}: does not answer ({why}); check address, network and credentials")


def _opened(where: str) -> tuple[Any, str]:
    """fsspec's file system for an address (one per process), and the path in it."""
    from fsspec.core import url_to_fs

    protocol = _protocol(where)
    if protocol not in STORES or "::" in where:
        raise UserError(f"{where}: shards cannot be read from there; use one of {', '.join(STORES)}")
    try:
        return url_to_fs(where)
    except ImportError as error:
        needed = LIBRARIES.get(protocol)
        advice = f"pip install {needed}" if needed else str(error)
        raise UserError(f"{where}: {protocol}:// needs a library that is not installed: {advice}") from None
    except ValueError as error:
        raise UserError(f"{where}: not an address that fsspec can open ({error})") from None


def _protocol(where: str) -> str:
    return where.partition("://")[0]


def _is_forbidden(error: BaseException) -> bool:
    """Whether access was denied: a retry would not help."""
    code = getattr(error, "status", getattr(error, "code", None))
    return code in FORBIDDEN or isinstance(error, (PermissionError, *_imported(_NO_CREDENTIALS)))


def _one_line(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not str(error):
        return "timed out"
    return " ".join(str(error).split()).removeprefix(", ") or type(error).__name__


def _imported(names: Iterable[tuple[str, str]]) -> tuple[type[Exception], ...]:
    """Exceptions by module and name, of those modules that are imported: others cannot raise any."""
    return tuple(getattr(sys.modules[module], name) for module, name in names if module in sys.modules)
