"""Work in a background process: both end, mistakes arrive, and nothing outlives a killed parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from background_work import crash, fail, killed_at, wait_for_ever, write

from sign2gpt.common.background_process import background_process
from sign2gpt.common.errors import UserError

PARENT = """
import sys
from contextlib import suppress
from pathlib import Path
import background_work as here
from sign2gpt.common.background_process import background_process
if __name__ == "__main__":
    with background_process(Path(sys.argv[1] + ".log")) as other:
        other.begin(here.wait_for_ever, sys.argv[1])
        here.wait_for_ever(sys.argv[1] + ".parent")
"""


def test_all_is_done_in_order_and_what_is_printed_is_logged(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    with background_process(tmp_path / "logs" / "second.log") as other:
        other.begin(write, tmp_path / "made", "first")
        other.begin(write, tmp_path / "made", "there")
        (tmp_path / "here").write_text("here")
    assert (tmp_path / "made").read_text() == "there"
    assert (tmp_path / "logs" / "second.log").read_text() == "writing\nwriting\n"
    assert torch.get_num_threads() == threads


def test_a_part_of_the_work_is_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with suppress(KeyboardInterrupt), background_process(tmp_path / "log") as other:
        other.begin(write, tmp_path / "made", "there")
        other.begin(wait_for_ever, str(fifo))
        other.wait(1)
        assert (tmp_path / "made").read_text() == "there"
        raise KeyboardInterrupt


def test_a_mistake_there_is_raised_here_and_ends_the_rest(tmp_path: Path) -> None:
    def work() -> None:
        with background_process(tmp_path / "log") as other:
            other.begin(fail)
            other.begin(write, tmp_path / "made", "there")

    with pytest.raises(UserError, match="the corpus is gone"):
        work()
    assert not (tmp_path / "made").exists()


def test_a_crash_there_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"code 7; .*log"), background_process(tmp_path / "log") as other:
        other.begin(crash)


def test_a_kill_there_is_reported(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"background process was killed, .* again$"),
        background_process(tmp_path / "log") as other,
    ):
        other.begin(killed_at, 0, 0)


def test_a_stop_here_stops_the_work_there(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with suppress(KeyboardInterrupt), background_process(tmp_path / "log") as other:
        other.begin(wait_for_ever, str(fifo))
        reader = fifo.open()
        assert reader.read(4) == "here"
        raise KeyboardInterrupt
    assert reader.read() == ""  # its only writer is gone
    reader.close()


def test_it_leaves_when_its_parent_is_killed(tmp_path: Path) -> None:
    fifo, other = tmp_path / "fifo", tmp_path / "fifo.parent"
    os.mkfifo(fifo)
    os.mkfifo(other)
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    places = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    parent = subprocess.Popen([sys.executable, script, fifo], env=os.environ | {"PYTHONPATH": places})
    with other.open() as above, fifo.open() as below:
        assert above.read(4) == below.read(4) == "here"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert below.read() == ""
