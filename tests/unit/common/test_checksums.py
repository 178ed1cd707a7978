"""Sums of files, and documents that carry their own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sign2gpt.common.checksums import SUMS, check_sums, is_sealed, read_sums, resummed, sealed, write_sums
from sign2gpt.common.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "inner" / "b.txt").write_text("two\n")
    write_sums(tmp_path, ["a.txt", "inner/b.txt", "absent.txt"])
    return tmp_path


def test_the_sums_are_those_of_sha256sum(folder: Path) -> None:
    lines = (folder / SUMS).read_text().splitlines()
    assert lines[0] == "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806  a.txt"
    assert [line.split("  ")[1] for line in lines] == ["a.txt", "inner/b.txt"]
    found = subprocess.run(["sha256sum", "-c", SUMS], cwd=folder, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    check_sums(folder)


def test_a_users_own_sums_are_read(folder: Path) -> None:
    made = subprocess.run(["sha256sum", "-b", "./a.txt"], cwd=folder, capture_output=True, text=True, check=True)
    (folder / SUMS).write_text(made.stdout)
    check_sums(folder)
    (folder / "a.txt").write_text("onf\n")
    with pytest.raises(
        UserError,
        match=r"a\.txt differs from SHA256SUMS, so it is damaged or was edited; copy it again, or delete its line",
    ):
        check_sums(folder)


def test_all_that_is_damaged_or_missing_is_named_at_once(folder: Path) -> None:
    (folder / "a.txt").write_text("onf\n")
    (folder / "inner" / "b.txt").unlink()
    with pytest.raises(UserError) as told:
        check_sums(folder, advice="copy the run again")
    first, *rest = str(told.value).splitlines()
    assert first == f"{folder}: 2 problems:"
    assert rest == [
        "  - a.txt differs from SHA256SUMS, so it is damaged or was edited; copy the run again",
        "  - inner/b.txt is missing, SHA256SUMS lists it; copy the run again",
    ]


def test_a_deleted_line_keeps_an_edit(folder: Path) -> None:
    (folder / "a.txt").write_text("edited\n")
    lines = (folder / SUMS).read_text().splitlines(keepends=True)
    (folder / SUMS).write_text("".join(line for line in lines if "a.txt" not in line))
    check_sums(folder)


@pytest.mark.parametrize("line", ["abc  a.txt", f"{'0' * 64}  ../a.txt", f"{'0' * 64}  /etc/passwd", "\0" * 80])
def test_damaged_sums_are_refused(folder: Path, line: str) -> None:
    (folder / SUMS).write_text(f"{line}\n")
    with pytest.raises(UserError, match=r"SHA256SUMS: line 1 is not a SHA-256 hash and a file name; copy it again"):
        check_sums(folder)


def test_sums_can_be_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.txt").write_text("onf\n")
    monkeypatch.setenv("SIGN2GPT_CHECKSUMS", "off")
    check_sums(folder)


def test_a_folder_without_sums_passes_and_gets_none(tmp_path: Path) -> None:
    check_sums(tmp_path)
    with resummed(tmp_path, "a.txt"):
        (tmp_path / "a.txt").write_text("x")
    assert read_sums(tmp_path) is None


def test_a_kill_while_a_file_is_written_leaves_no_sum_of_it(folder: Path) -> None:
    def killed() -> None:
        with resummed(folder, "a.txt"):
            (folder / "a.txt").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    check_sums(folder)
    with resummed(folder, "a.txt"):
        (folder / "a.txt").write_text("whole\n")
    check_sums(folder)
    assert (read_sums(folder) or {}).keys() == {"a.txt", "inner/b.txt"}


def test_a_document_notices_each_flipped_bit() -> None:
    document = {"text": "grüße", "beams": [("eins", -1.25)], "none": None, "share": 0.1}
    content = json.dumps(sealed(document), ensure_ascii=False).encode()
    assert is_sealed(json.loads(content))
    noticed = 0
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            try:
                found = json.loads(changed)
            except ValueError:
                noticed += 1
                continue
            noticed += not is_sealed(found)
    assert noticed == 8 * len(content)


@pytest.mark.parametrize("document", [None, [], {}, {"text": "x"}, {"crc32": "00000000"}, {"text": "x", "crc32": 1}])
def test_what_was_not_sealed_is_not_whole(document: object) -> None:
    assert not is_sealed(document)
