"""Configuration: pydantic models read from YAML, changed by dotted overrides, with errors that help."""

from __future__ import annotations

import json
import os
import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar, cast, get_args, get_type_hints

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from typing_extensions import is_typeddict

from sign2gpt.common.errors import Problems, UserError, nearest
from sign2gpt.common.files import read_text
from sign2gpt.common.plain_yaml import CHARACTERS, parse

Place = Annotated[str, AfterValidator(os.path.expanduser)]
"""A key with a path, or a name on the hub; a leading ``~`` is the home folder, as in a shell."""


class Config(BaseModel):
    """Base of every part of a recipe: unknown keys are errors, values are checked on assignment too."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True, validate_default=True)

    @classmethod
    def for_values(cls, values: dict[str, Any]) -> type[Self]:
        """The class that `build` makes of ``values``: this one, or one that they choose."""
        return cls


C = TypeVar("C", bound=Config)


def read_yaml(path: Path) -> dict[str, Any]:
    """Reads a YAML mapping.

    Raises:
        UserError: the file is absent, is not YAML, or contains no mapping.
    """
    text = read_text(path, most=4 * CHARACTERS)
    try:
        value = parse(text)
    except ValueError as error:
        raise UserError(f"{path}: not valid YAML ({error})") from None
    if not isinstance(value, dict):
        raise UserError(f"{path}: must contain keys with values, contains {type(value).__name__}")
    return cast(dict[str, Any], value)


def build(kind: type[C], values: dict[str, Any], overrides: Sequence[str] = (), where: str = "recipe") -> C:
    """Builds a configuration from ``values`` with overrides such as ``model.window=9`` on top.

    Raises:
        UserError: unknown keys or values that do not fit; all of them in one error, each with the nearest known name.
    """
    problems = Problems(where)
    for override in overrides:
        _apply(values, override, problems)
    problems.raise_if_any()
    kind = kind.for_values(values)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        for detail in error.errors():
            problems.add(_message(kind, detail))
        problems.raise_if_any()
        raise


def dump_yaml(config: Config) -> str:
    """The configuration with all defaults, as YAML that `build` can read."""
    return to_yaml(config.model_dump(mode="json"))


def to_yaml(values: dict[str, Any]) -> str:
    """Plain values as YAML, in their order and without escapes for letters."""
    # PyYAML takes these for line breaks or drops them, unless they are escaped with all that is not ASCII
    plain = not any(mark in json.dumps(values, ensure_ascii=False) for mark in "\x85\u2028\u2029\ufeff")
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=plain)


def _apply(values: dict[str, Any], override: str, problems: Problems) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        problems.add(f"--set {override}: must read KEY=VALUE, for example model.window=9")
        return
    try:
        value = parse(text)
    except ValueError:
        problems.add(f"--set {override}: {text!r} is not YAML")
        return
    *parents, last = key.split(".")
    section = values
    for parent in parents:
        inner: Any = section.get(parent)
        if inner is None:
            inner = section[parent] = {}
        if not isinstance(inner, dict):
            problems.add(f"--set {override}: {parent} is not a section")
            return
        section = cast(dict[str, Any], inner)
    section[last] = value


def _message(kind: type[BaseModel], detail: Any) -> str:
    """One error of pydantic in plain words."""
    location = [str(part) for part in detail["loc"]]
    key = ".".join(location)
    if detail["type"] == "extra_forbidden":
        return f"unknown key {key}{nearest(location[-1], _annotations(kind, location[:-1]))}"
    if detail["type"] == "literal_error":
        *sections, name = (part for part in location if not part.isdecimal())  # items of a list belong to its key
        choices = _choices(_annotations(kind, sections).get(name))
        return f"{key} cannot be {reprlib.repr(detail['input'])}{nearest(str(detail['input'])[:100], choices)}"
    message = detail["msg"].removeprefix("Value error, ")
    message = f"{message[0].lower()}{message[1:]}"
    if not key:
        return message
    if isinstance(detail["input"], dict):
        return f"{key}: {message}"
    return f"{key} = {reprlib.repr(detail['input'])}: {message}"


def _annotations(kind: Any, location: Sequence[str]) -> dict[str, Any]:
    """The keys of the section at a dotted location, with the types of their values; empty where it is no section."""
    if not location:
        fields = kind.model_fields if issubclass(kind, BaseModel) else {}
        return {name: field.annotation for name, field in fields.items()} or get_type_hints(kind)
    inner = [part for part in _types(_annotations(kind, location[:-1]).get(location[-1])) if _is_section(part)]
    return _annotations(inner[0], ()) if inner else {}


def _is_section(part: Any) -> bool:
    return issubclass(part, BaseModel) or is_typeddict(part)


def _types(annotation: Any) -> list[type]:
    parts = [annotation, *get_args(annotation)]
    return [part for part in parts if isinstance(part, type)]


def _choices(annotation: Any) -> list[str]:
    inner = [get_args(part) or (part,) for part in (get_args(annotation) or (annotation,))]
    return [str(choice) for group in inner for choice in group if isinstance(choice, (str, int, float))]
