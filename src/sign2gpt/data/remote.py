"""Files of a folder elsewhere (s3://, gs://, https://, ...), by fsspec: within bounds, and asked for again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sign2gpt.common.errors import UserError
from sign2gpt.common.files import atomic_file

T = TypeVar("T")

ATTEMPTS = 3
PAUSE_S = 1.0
"""Before a store is asked again; twice as long each time."""
LIBRARIES = {
    **dict.fromkeys(("s3", "s3a"), "'sign2gpt[s3]'"),
    **dict.fromkeys(("gs", "gcs"), "'sign2gpt[gs]'"),
    **dict.fromkeys(("http", "https"), "'sign2gpt[http]'"),
    **dict.fromkeys(("az", "abfs"), "adlfs"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
}
"""What to install for a protocol."""
STORES = sorted({*LIBRARIES, "ftp", "hdfs", "hf", "memory", "webhdfs"})
"""Protocols that hold files and no more: others read what they find as instructions, or hand on to yet others."""
_FAILURES = (
    ("aiohttp", "ClientError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("gcsfs.retry", "HttpError"),
    ("azure.core.exceptions", "AzureError"),
    ("paramiko", "SSHException"),
)


def is_address(place: str | Path) -> bool:
    """Whether this names something for fsspec, and no path of this machine."""
    return "://" in str(place)


@dataclass(frozen=True)
class Remote:
    """A folder at an address; it can be pickled into other processes."""

    address: str

    def where(self, name: str) -> str:
        return f"{self.address.rstrip('/')}/{name}"

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

    def _asked(self, name: str, ask: Callable[[Any, str], T]) -> T:
        where, why = self.where(name), ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                return ask(*_opened(where))
            except FileNotFoundError:
                raise UserError(f"{where}: no such file") from None
            except PermissionError as error:
                raise UserError(f"{where}: may not be read ({error})") from None
            except (OSError, *_failures()) as error:
                why = str(error) or type(error).__name__
        raise UserError(f"{where}: does not answer ({why}); see address, network and credentials")


def _opened(where: str) -> tuple[Any, str]:
    """fsspec's file system for an address, which it keeps for each process, and the path there."""
    from fsspec.core import url_to_fs

    protocol = where.partition("://")[0]
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


def _failures() -> tuple[type[Exception], ...]:
    """What the libraries raise when a store does not answer; one that is not imported raises nothing."""
    return tuple(getattr(sys.modules[module], name) for module, name in _FAILURES if module in sys.modules)
