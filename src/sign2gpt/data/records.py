"""Tables as other programs write them: RFC 4180, UTF-8, with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path

from sign2gpt.common.errors import Problems
from sign2gpt.common.files import LARGEST_LISTS, open_file

HINT = "; copy the table again, or quote cells with commas"


def records(path: Path, required: Sequence[str], problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields the line and the cells of each record; what is wrong with the table is added to ``problems``."""
    try:
        with TextIOWrapper(open_file(path, LARGEST_LISTS), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            if missing := [name for name in required if name not in columns]:
                problems.add(f"line 1: no column {', '.join(missing)}")
                return
            for cells in reader:
                if len(cells) == len(columns):
                    yield reader.line_num, dict(zip(columns, cells, strict=True))
                elif cells:
                    problems.add(f"line {reader.line_num}: {len(cells)} cells, but the header has {len(columns)}{HINT}")
    except UnicodeDecodeError as error:
        problems.add(f"not UTF-8 ({error.reason})")
    except csv.Error as error:
        problems.add(f"not a CSV table ({error})")
    except OSError as error:
        problems.add(f"cannot be read ({error.strerror})")
