"""The worker is restarted when it hangs or dies, and does the next task."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator

import pytest

from sign2gpt.app.limits import PageLimits, Refused
from sign2gpt.app.worker.wire import Wire
from sign2gpt.app.worker.worker import Worker
from sign2gpt.common.errors import UserError
from sign2gpt.model.runs.shipped import shipped_examples

EXAMPLE = str(shipped_examples()[0])


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker("demo", PageLimits(work_s=20.0))
    yield made
    made.close()


def text_of(worker: Worker) -> str:
    return worker.call("translate", video=EXAMPLE)["text"]


@pytest.mark.slow
def test_one_that_died_is_restarted(worker: Worker) -> None:
    said = text_of(worker)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert text_of(worker) == said
    assert worker.restarts == 1


@pytest.mark.slow
def test_who_leaves_in_the_middle_costs_the_next_nothing(worker: Worker) -> None:
    said = text_of(worker)
    for heard in (1, 2):
        left = worker.ask("translate", video=EXAMPLE)
        for _ in range(heard):
            next(left)
        left.close()  # type: ignore[attr-defined]
    assert text_of(worker) == said
    assert worker.restarts == 0


@pytest.mark.slow
def test_one_that_hangs_when_it_is_left_is_restarted_for_the_next(worker: Worker) -> None:
    said = text_of(worker)
    left = worker.ask("translate", video=EXAMPLE)
    next(left)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGSTOP)
    left.close()  # type: ignore[attr-defined]
    assert text_of(worker) == said
    assert worker.restarts == 1


@pytest.mark.slow
def test_one_that_hangs_is_killed_and_the_task_is_refused(worker: Worker) -> None:
    assert worker.pid is not None
    asked = worker.ask("translate", video=EXAMPLE)
    next(asked)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(Refused) as refused:
        list(asked)
    assert refused.value.key == "too_slow"
    assert text_of(worker)


@pytest.mark.slow
def test_one_that_sends_invalid_messages_is_restarted(worker: Worker) -> None:
    """Such as one that a video took over: its end of the pipe is ours here."""
    strange = [["refused", {"no": "key"}], ["refused", {"key": "gone", "values": 3}], ["answer", 3], 3, [1, 2, 3]]
    whole = [json.dumps(said).encode() for said in strange] + [b"{", b"[" * 100_000]
    for count, said in enumerate(whole, start=1):
        assert refusal(worker, said + b"\n") == "worker_lost"
        assert worker.restarts == count
    assert text_of(worker)


@pytest.mark.slow
def test_one_that_stops_in_the_middle_of_a_message_holds_nobody(worker: Worker) -> None:
    worker.limits = PageLimits(work_s=0.1)
    assert refusal(worker, b'["answer", {"text"') == "too_slow"
    worker.limits = PageLimits(work_s=20.0)
    assert text_of(worker)
    assert worker.restarts == 1


def refusal(worker: Worker, said: bytes) -> str:
    """Why a task is refused whose process sends that."""
    here, taken_over = socket.socketpair()
    with taken_over:
        worker._wire.close()
        worker._wire = Wire(here)
        taken_over.sendall(b'["begun", null]\n' + said)
        with pytest.raises(Refused) as refused:
            list(worker.ask("translate", video=EXAMPLE))
        return refused.value.key


@pytest.mark.slow
def test_a_missing_run_is_reported() -> None:
    with pytest.raises(UserError, match="no such folder"):
        Worker("nowhere", PageLimits())
