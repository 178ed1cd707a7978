"""Errors, JSON files, seeds, extras and workers."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from background_work import killed_at
from hypothesis import given
from hypothesis import strategies as st

from sign2gpt.common.engine import AHEAD, parallel_map
from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import read_json, sha256, write_json, write_text
from sign2gpt.common.installation import require
from sign2gpt.common.progress import say, track
from sign2gpt.common.seeds import derive, draw


def test_no_problem_is_no_error_and_many_are_one():
    problems = Problems("table.tsv")
    problems.raise_if_any()
    problems.add("line 2")
    problems.add("line 5")
    with pytest.raises(UserError, match=r"table\.tsv: 2 problems:\n  - line 2\n  - line 5"):
        problems.raise_if_any()


def test_the_nearest_name_is_told_where_one_is_near():
    assert nearest("windw", ["width", "window"]) == " (did you mean 'window'? known: width, window)"
    assert nearest("xyz", ["width"]) == " (known: width)"


def test_a_draw_is_the_same_in_another_process():
    code = "from sign2gpt.common.seeds import derive; print(derive(7, 'clip', 3))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) == derive(7, "clip", 3)


@given(st.integers(0, 2**40), st.text(max_size=5), st.text(max_size=5))
def test_draws_of_other_names_are_others(seed: int, one: str, other: str):
    assert 0 <= derive(seed, one) < 2**63
    assert (derive(seed, one) == derive(seed, other)) == (one == other)
    assert draw(seed, one).random() == draw(seed, one).random()


def test_an_absent_library_is_told_with_its_extra():
    assert require("json", "none").dumps([1]) == "[1]"
    with pytest.raises(UserError, match=r"needs no_such_library, .* pip install 'sign2gpt\[report\]'"):
        require("no_such_library.part", "report")


def test_workers_keep_the_order():
    assert list(parallel_map(abs, [-3, 2, -1], workers=1)) == [3, 2, 1]
    assert list(parallel_map(abs, [-3, 2, -1], workers=2)) == [3, 2, 1]


def test_work_draws_its_items_as_results_are_taken() -> None:
    drawn: list[int] = []
    items = (drawn.append(n) or n for n in range(1000))
    results = parallel_map(abs, items, workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    results.close()
    assert len(drawn) <= 3 + 2 * AHEAD + 1


@pytest.mark.parametrize("unlucky", [0, 7, 19])
def test_a_killed_worker_ends_the_work_and_tells_what_was_at_work(unlucky: int) -> None:
    done: list[int] = []
    at_work = rf"process \(working on (\d+, )?{unlucky}(, \d+)?\) was killed, .* fewer --workers"
    with pytest.raises(UserError, match=at_work):
        done.extend(parallel_map(partial(killed_at, unlucky), range(20), workers=2))
    assert done == list(range(len(done)))


def test_a_line_is_told_as_it_is(capsys: pytest.CaptureFixture[str]):
    line = f"[bold]{'folder/' * 20}[/] is complete"
    say(line)
    assert capsys.readouterr().err == f"{line}\n"


def test_progress_leaves_stdout_alone(capsys: pytest.CaptureFixture[str]):
    assert list(track(iter("ab"), "letters", 2)) == ["a", "b"]
    assert capsys.readouterr().out == ""


def test_json_keeps_its_characters_and_tells_what_it_is_not(tmp_path: Path):
    write_json(tmp_path / "a.json", {"wort": "übrig 公司"})
    assert "übrig 公司" in (tmp_path / "a.json").read_text(encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"wort": "übrig 公司"}
    with pytest.raises(UserError, match=r"b\.json: no such file"):
        read_json(tmp_path / "b.json")
    (tmp_path / "b.json").write_bytes(b"{'a': \xff")
    with pytest.raises(UserError, match=r"b\.json: not valid JSON"):
        read_json(tmp_path / "b.json")


def test_a_file_has_the_rights_of_any_other_and_the_known_hash(tmp_path: Path):
    write_text(tmp_path / "ours", "abc")
    (tmp_path / "plain").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert sha256(tmp_path / "ours").startswith("ba7816bf8f01cfea")
