"""Work in a process beside this one: both end, mistakes arrive, and nothing outlives a killed parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from beside_work import crash, fail, wait_for_ever, write

from sign2gpt.common.companion import beside
from sign2gpt.common.errors import UserError

PARENT = """
import sys
from contextlib import suppress
from pathlib import Path
import beside_work as here
from sign2gpt.common.companion import beside
if __name__ == "__main__":
    with beside(here.wait_for_ever, sys.argv[1], log=Path(sys.argv[1] + ".log")):
        here.wait_for_ever(sys.argv[1] + ".parent")
"""


def test_both_are_done_and_what_is_printed_is_logged(tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    with beside(write, tmp_path / "beside", "there", log=tmp_path / "logs" / "beside.log"):
        (tmp_path / "here").write_text("here")
    assert (tmp_path / "beside").read_text() == "there"
    assert (tmp_path / "logs" / "beside.log").read_text() == "writing\n"
    assert torch.get_num_threads() == threads


def test_a_mistake_there_is_told_here(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the corpus is gone"), beside(fail, log=tmp_path / "log"):
        pass


def test_a_crash_there_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"code 7: .*log says why"), beside(crash, log=tmp_path / "log"):
        pass


def test_a_stop_here_stops_the_work_there(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with suppress(KeyboardInterrupt), beside(wait_for_ever, str(fifo), log=tmp_path / "log"):
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
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, script, fifo], env=os.environ | {"PYTHONPATH": str(root)})
    with other.open() as above, fifo.open() as below:
        assert above.read(4) == below.read(4) == "here"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert below.read() == ""
