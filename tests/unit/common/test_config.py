from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

from sign2gpt.common.config import Config, build, dump_yaml, read_yaml
from sign2gpt.common.errors import UserError


class Inner(Config):
    kind: Literal["near", "far"] = "near"
    parts: list[Literal["hand", "face"]] = Field(default=[])
    size: int = Field(default=3, ge=1)


class Outer(Config):
    name: str = ""
    inner: Inner = Inner()
    maybe: Inner | None = None


def told(values: dict[str, object], *overrides: str) -> str:
    with pytest.raises(UserError) as error:
        build(Outer, values, overrides, where="file.yaml")
    return str(error.value)


def test_all_problems_come_at_once_with_the_nearest_names():
    message = told({"nmae": "x", "inner": {"kind": "fra", "sise": 1, "size": 0, "parts": ["hnad"]}})
    assert message.startswith("file.yaml: 5 problems:")
    for part in (
        "unknown key nmae (did you mean 'name'?",
        "inner.kind cannot be 'fra' (did you mean 'far'?",
        "unknown key inner.sise (did you mean 'size'?",
        "inner.size = 0: input should be greater than or equal to 1",
        "inner.parts.0 cannot be 'hnad' (did you mean 'hand'?",
    ):
        assert part in message


def test_keys_of_an_optional_section_are_named_too():
    assert "unknown key maybe.kin (did you mean 'kind'?" in told({}, "maybe.kin=far")


def test_overrides_are_yaml_and_go_on_top():
    made = build(Outer, {"inner": {"size": 5}, "maybe": None}, ["inner.size=7", "maybe.parts=[hand]", "name=a=b"])
    assert (made.inner.size, made.name) == (7, "a=b")
    assert made.maybe is not None
    assert made.maybe.parts == ["hand"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("inner.size", "must read KEY=VALUE"),
        ("=3", "must read KEY=VALUE"),
        ("name.first=x", "name is not a section"),
        ("name=[", "'[' is not YAML"),
    ],
)
def test_an_override_that_cannot_be_read_is_told(override: str, message: str):
    assert message in told({"name": "x"}, override)


def test_an_assignment_is_checked():
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        Inner().size = 0


@example("\x85\ufeff", 1, [])
@given(st.text(), st.integers(1), st.lists(st.sampled_from(["hand", "face"])))
def test_what_is_dumped_is_read_back(tmp_path_factory: pytest.TempPathFactory, name: str, size: int, parts: list[str]):
    made = build(Outer, {"name": name, "inner": {"size": size, "parts": parts}})
    path = tmp_path_factory.mktemp("dump") / "outer.yaml"
    path.write_text(dump_yaml(made), encoding="utf-8", newline="")
    assert build(Outer, read_yaml(path)) == made


@pytest.mark.parametrize("content", [b"", b"- a\n", b"a: [", b"\xff\xfe", b"text"])
def test_a_file_that_is_no_mapping_is_told(content: bytes, tmp_path: Path):
    (tmp_path / "odd.yaml").write_bytes(content)
    with pytest.raises(UserError, match=r"odd\.yaml: (must contain keys|not valid YAML|not UTF-8 text)"):
        read_yaml(tmp_path / "odd.yaml")
