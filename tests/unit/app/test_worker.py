"""The worker: killed when it hangs, begun again when it dies, and the next task is done."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from multiprocessing import Pipe

import pytest

from sign2gpt.app.limits import Limits
from sign2gpt.app.refusals import Refused
from sign2gpt.app.worker import Worker
from sign2gpt.common.errors import UserError
from sign2gpt.inference.shipped import shipped_examples

EXAMPLE = str(shipped_examples()[0])


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("demo", Limits(work_s=20.0))
    yield made
    made.close()


def told(worker: Worker) -> str:
    return worker.tell("translate", video=EXAMPLE)["text"]


@pytest.mark.slow
def test_one_that_died_or_was_left_in_the_middle_is_begun_again(worker: Worker) -> None:
    said = told(worker)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert told(worker) == said
    left = worker.ask("translate", video=EXAMPLE)
    next(left)
    left.close()  # type: ignore[attr-defined]
    assert told(worker) == said
    assert worker.restarts == 2


@pytest.mark.slow
def test_one_that_hangs_is_killed_and_who_asked_is_told(worker: Worker) -> None:
    assert worker.pid is not None
    asked = worker.ask("translate", video=EXAMPLE)
    next(asked)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(Refused) as refused:
        list(asked)
    assert refused.value.key == "too_slow"
    assert told(worker)


@pytest.mark.slow
def test_one_that_says_what_no_worker_says_is_begun_again(worker: Worker) -> None:
    """Such as one that a video took over: its end of the pipe is ours here."""
    strange = [["refused", {"no": "key"}], ["refused", {"key": "gone", "values": 3}], ["said", 3]]
    whole = [json.dumps(said).encode() for said in strange] + [b"{", b"[" * 100_000]
    for count, said in enumerate(whole, start=1):
        worker._pipe, taken_over = Pipe()
        taken_over.send_bytes(b'["begun", null]')
        taken_over.send_bytes(said)
        with pytest.raises(Refused) as refused:
            list(worker.ask("translate", video=EXAMPLE))
        assert (refused.value.key, worker.restarts) == ("worker_lost", count)
    assert told(worker)


@pytest.mark.slow
def test_a_run_that_is_not_there_is_told() -> None:
    with pytest.raises(UserError, match="no such folder"):
        Worker("nowhere", Limits())
