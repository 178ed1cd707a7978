"""Commands in processes of their own that start at once.

Most of what a command takes in a test is the import of its libraries. So one process imports them all, once, and each
command is a fork of it, with a folder, an environment, streams and limits of its own, and an end of its own. What asks
how a command starts (which libraries it loads, what the environment tells them at that moment, what a terminal shows)
needs a Python of its own all the same: ``subprocess.run([sys.executable, "-m", "sign2gpt", ...])``.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import logging
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

MODULE = "sign2gpt"
LATE = ("app", "__main__")
"""Parts that few commands load, and whose libraries begin threads, which a fork would lack."""
LIBRARIES = (
    "torch._dynamo",
    "torch.distributed.tensor",
    "torch.utils.tensorboard",
    "torchvision",
    "timm.layers",
    "gensim.models",
    "sacrebleu",
)
"""What commands load where they need it."""

Ended = subprocess.CompletedProcess[str]


def sign2gpt(
    *words: object,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    before: str = "",
) -> Ended:
    """What ``subprocess.run`` makes of ``python -m sign2gpt WORDS``.

    Args:
        env: what differs in the environment.
        before: Python that the process runs first, such as a limit on itself.
    """
    return _run(MODULE, words, cwd, env, stdin, before)


def file_limit(size: int) -> str:
    """What a process runs before its command so that its files can be so many bytes long."""
    return f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
"""


def script(path: Path, *words: object, cwd: str | Path | None = None, env: Mapping[str, str] | None = None) -> Ended:
    """What it makes of ``python PATH WORDS``."""
    return _run(str(path), words, cwd, env, subprocess.DEVNULL, "")


def _run(
    program: str,
    words: tuple[object, ...],
    cwd: str | Path | None,
    env: Mapping[str, str] | None,
    stdin: int | IO[Any],
    before: str,
) -> Ended:
    asked = {
        "program": program,
        "words": [os.fspath(word) if isinstance(word, os.PathLike) else str(word) for word in words],
        "cwd": str(cwd or Path.cwd()),
        "env": {**os.environ, **(env or {})},
        "before": before,
    }
    parent, (out, to_out), (err, to_err) = _parent(), os.pipe(), os.pipe()
    with _opened(stdin) as given:
        socket.send_fds(parent, [json.dumps(asked).encode() + b"\n"], [given, to_out, to_err])
    os.close(to_out)
    os.close(to_err)
    with ThreadPoolExecutor() as readers:
        printed = list(readers.map(_text, (out, err)))
    told = parent.recv(64)
    assert told, "the process that forks has ended"
    return subprocess.CompletedProcess([program, *asked["words"]], int(told), *printed)


def _text(pipe: int) -> str:
    with open(pipe, encoding="utf-8") as file:
        return file.read()


@contextmanager
def _opened(stdin: int | IO[Any]) -> Iterator[int]:
    """A file descriptor to read from."""
    if stdin != subprocess.DEVNULL:
        yield stdin if isinstance(stdin, int) else stdin.fileno()
        return
    with Path(os.devnull).open("rb") as nothing:
        yield nothing.fileno()


@cache
def _parent() -> socket.socket:
    """Starts the process that forks, which ends when this one closes the socket or ends."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve(asking: socket.socket) -> NoReturn:
    """Forks a command for each line that is asked for."""
    import_all()
    while True:
        line, streams, *_ = socket.recv_fds(asking, 1 << 16, 3)
        if not line:
            os._exit(0)
        while not line.endswith(b"\n"):
            line += asking.recv(1 << 16)
        child = os.fork()
        if child == 0:
            asking.close()
            for stream, place in zip(streams, (0, 1, 2), strict=True):
                os.dup2(stream, place)
                os.close(stream)
            _become(**json.loads(line))
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        asking.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _become(program: str, words: list[str], cwd: str, env: dict[str, str], before: str) -> NoReturn:
    """Runs a program and ends with it, without the second that Python takes to tear down what was imported."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None
    sys.argv = [program, *words]
    code = 0
    try:
        exec(before, {"__name__": "before"})
        if program == MODULE:
            sys.path[0] = cwd
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            sys.path[0] = str(Path(program).parent)
            runpy.run_path(program, run_name="__main__")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # pyright: ignore[reportAttributeAccessIssue]
    atexit._run_exitfuncs()
    gc.collect()  # what the command left is closed here, and complains if it cannot be
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def import_all() -> None:
    """Imports what commands will, before forks of them; whatever cannot be imported is the commands' own affair."""
    logging.getLogger("torch.utils._pytree").setLevel(logging.ERROR)  # as the command line does
    names = [found.name for found in pkgutil.walk_packages(importlib.import_module(MODULE).__path__, f"{MODULE}.")]
    for name in (*LIBRARIES, *(name for name in names if not {*name.split(".")} & {*LATE})):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a fork collects nothing of this, which would copy it


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)
