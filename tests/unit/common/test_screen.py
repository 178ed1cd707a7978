"""What reaches a terminal is nothing that it obeys; what reaches a file or a program is whole lines."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from sign2gpt.cli.options import emit
from sign2gpt.common.progress import say, track
from sign2gpt.common.text import Screen, legible, titled

HOSTILE = "\x1b[2Jred\x1b[31m \x9b1m \u202egpj.exe\u2066 \x07bell \r\ufeffgone"
SHOWN = r"\x1b[2Jred\x1b[31m \x9b1m \u202egpj.exe\u2066 \x07bell \r\ufeffgone"
PATH = "folder/" * 30 + "clip.mp4"
SENTENCE = f"{PATH}: is damaged, and so are some of the words in this line which is longer than any terminal is wide"


def test_what_a_terminal_obeys_is_escaped_and_all_that_people_write_stays() -> None:
    assert legible(HOSTILE) == SHOWN
    written = "süden 天气　明天 שלום नमस्ते 👩‍👩‍👧 é\ttab\nline"
    assert legible(written) == written


@pytest.mark.parametrize("said", ["line", "bar", "table", "text"])
def test_no_way_of_printing_passes_an_escape_on(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(HOSTILE, box=None)
    table.add_row(HOSTILE)
    match said:
        case "line":
            say(HOSTILE)
        case "bar":
            list(track([1], HOSTILE))
        case "table":
            emit({}, titled(HOSTILE, table), as_json=False)
        case "text":
            emit({}, HOSTILE, as_json=False)
    printed = "".join(capsys.readouterr())
    assert printed.count(r"\x1b[31m") == (3 if said == "table" else 1)
    assert not re.search("[\x1b\x9b\x07\r\u202e\u2066\ufeff]", printed)


def test_json_says_the_same_in_its_own_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    emit({HOSTILE: HOSTILE + "\x7f\u2028ü"}, "", as_json=True)
    printed = capsys.readouterr().out
    assert json.loads(printed) == {HOSTILE: HOSTILE + "\x7f\u2028ü"}
    assert not re.search("[\x1b\x7f\x9b\x07\r\u202e\u2066\u2028]", printed)
    assert "ü" in printed


def test_a_file_gets_whole_lines(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("file", "what", box=None)
    table.add_row(PATH, SENTENCE)
    Screen().print(titled(SENTENCE, table))
    say(SENTENCE)
    printed = capsys.readouterr()
    title, head, row = printed.out.splitlines()
    assert title.rstrip() == SENTENCE
    assert head.split() == ["file", "what"]
    assert row.rstrip().split(maxsplit=1) == [PATH, SENTENCE]
    assert printed.err == f"{SENTENCE}\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a terminal of its own")
def test_a_terminal_gets_lines_that_break_between_words(tmp_path: Path) -> None:
    """On 80 columns; a word that is longer than that stays in one piece, for the terminal to break."""
    code = f"from sign2gpt.common.progress import say; say({SENTENCE!r})"
    terminal, end = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], stdout=end, stderr=end, env={**os.environ, "COLUMNS": "80"}):
        os.close(end)
        told = b""
        while part := _read(terminal):
            told += part
    lines = re.sub(r"\x1b\[[0-9;]*m", "", told.decode()).split("\r\n")
    assert [word for line in lines for word in line.split()] == SENTENCE.split()
    assert all(len(line) <= 80 for line in lines if PATH not in line)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody writes any more
        return b""
