"""Files of a folder elsewhere (s3://, gs://, https://, ...), by fsspec: within bounds, and asked for again."""

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
"""Before a store is asked again; twice as long each time."""
ANSWER_S = 15.0
"""In which an address must answer before anything is built on it; the libraries alone ask for minutes."""
LIBRARIES = {
    **dict.fromkeys(("s3", "s3a"), "'sign2gpt[s3]'"),
    **dict.fromkeys(("gs", "gcs"), "'sign2gpt[gs]'"),
    **dict.fromkeys(("http", "https"), "'sign2gpt[http]'"),
    **dict.fromkeys(("az", "abfs"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
}
"""What to install for a protocol."""
_ANYONE: dict[str, str] = dict.fromkeys(("s3", "s3a"), "; for what anyone may read, FSSPEC_S3_ANON=true")
STORES = sorted({*LIBRARIES, "ftp", "hdfs", "hf", "memory", "webhdfs"})
"""Protocols that hold files and no more: others read what they find as instructions, or hand on to yet others."""
REFUSED = (401, 403)
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


getLogger("gcsfs").addHandler(NullHandler())  # it would write tracebacks of what is told here in one line


def is_address(place: str | Path) -> bool:
    """Whether this names something for fsspec, and no path of this machine."""
    return "://" in str(place)


@dataclass(frozen=True)
class Remote:
    """A folder at an address; it can be pickled into other processes."""

    address: str

    def where(self, name: str) -> str:
        return f"{self.address.rstrip('/')}/{name}"

    def knock(self, name: str) -> None:
        """Asks for a file's first byte, so that a mistake in an address is told while its maker waits.

        Raises:
            UserError: as `piece`, or there is no answer within `ANSWER_S`.
        """
        from fsspec.asyn import AsyncFileSystem

        until = time.monotonic() + ANSWER_S

        def ask(store: Any, place: str) -> None:
            left = max(until - time.monotonic(), 0.1)
            store.cat_file(place, start=0, end=1, **({"timeout": left} if isinstance(store, AsyncFileSystem) else {}))

        self._asked(name, ask, until)

    def download(self, name: str, path: Path, most: int) -> None:
        """Copies a file to ``path``, whole or not at all.

        Raises:
            UserError: the address does not answer, has no such file, or one of over ``most`` bytes.
        """
        from fsspec.callbacks import Callback

        class Bounded(Callback):
            def relative_update(self, inc: int = 1) -> None:
                super().relative_update(inc)
                if self.value > most:
                    raise too_large

        too_large = UserError(f"{self.where(name)}: has over {most:,} bytes, which is not what was written there")
        with atomic_file(path) as partial:
            self._asked(name, lambda store, place: store.get_file(place, str(partial), callback=Bounded()))
            if partial.stat().st_size > most:
                raise too_large

    def piece(self, name: str, offset: int, size: int) -> bytes:
        """``size`` bytes of a file from ``offset`` on; fewer or more where the store does not serve pieces.

        Raises:
            UserError: as `download`.
        """
        return self._asked(name, lambda store, place: store.cat_file(place, start=offset, end=offset + size))

    def _asked(self, name: str, ask: Callable[[Any, str], T], until: float = inf) -> T:
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
            except (OSError, *_found(_FAILURES)) as error:
                why = _told(error)
                if _refused(error):
                    anyone = _ANYONE.get(_protocol(where), "")
                    raise UserError(f"{where}: may not be read ({why}); see credentials{anyone}") from None
        raise UserError(f"{where}: does not answer ({why}); see address, network and credentials")


def _opened(where: str) -> tuple[Any, str]:
    """fsspec's file system for an address, which it keeps for each process, and the path there."""
    from fsspec.core import url_to_fs

    protocol = _protocol(where)
    if protocol not in STORES or "::" in where:
        raise UserError(f"{where}: is no store that shards are read from; those are {', '.join(STORES)}")
    try:
        return url_to_fs(where)
    except ImportError as error:
        needed = LIBRARIES.get(protocol)
        advice = f"pip install {needed}" if needed else str(error)
        raise UserError(f"{where}: {protocol}:// needs a library that is not installed: {advice}") from None
    except ValueError as error:
        raise UserError(f"{where}: is no address that fsspec opens ({error})") from None


def _protocol(where: str) -> str:
    return where.partition("://")[0]


def _refused(error: BaseException) -> bool:
    """Whether a store has said no, which it would say again."""
    code = getattr(error, "status", getattr(error, "code", None))
    return code in REFUSED or isinstance(error, (PermissionError, *_found(_NO_CREDENTIALS)))


def _told(error: BaseException) -> str:
    """What an error tells, in one line."""
    if isinstance(error, TimeoutError) and not str(error):
        return "it takes too long"
    return " ".join(str(error).split()).removeprefix(", ") or type(error).__name__


def _found(names: Iterable[tuple[str, str]]) -> tuple[type[Exception], ...]:
    """Errors of libraries by module and name; one that is not imported raises none."""
    return tuple(getattr(sys.modules[module], name) for module, name in names if module in sys.modules)
