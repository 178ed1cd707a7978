"""What this package requires and what is installed; heavy libraries are extras, named in the error if missing."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType

from packaging.requirements import Requirement

from sign2gpt.common.errors import UserError

PACKAGE = "sign2gpt"
SETS = ("all", "dev", "docs")
"""Extras that only combine others, or are for work on the package itself."""


@dataclass(frozen=True)
class Package:
    """A requirement; ``found`` is the installed version, None if it is missing."""

    name: str
    needed: str
    found: str | None
    fits: bool

    @property
    def problem(self) -> str:
        """What is missing; for a package that does not fit."""
        return f"{self.name}{self.needed} is not installed" if self.found is None else f"{self.name} is {self.found}"


def broken(error: BaseException) -> str | None:
    """What to install where a package is damaged, missing, or made for another version of its dependencies.

    Libraries import others late and wrap their errors, so the causes of ``error`` are examined too. None where the
    error has another reason.
    """
    cause: BaseException | None = error
    while cause is not None:
        why = str(cause).partition("\n")[0]
        if "torchvision::" in why:
            versions = f"torch {_version('torch')} and torchvision {_version('torchvision')}"
            return f"{versions} do not match ({why}): pip install --upgrade torch torchvision"
        name = (cause.name or "").partition(".")[0] if isinstance(cause, ImportError) else ""
        asked = [each for each in _requirements() if each.name == name and each.marker is None]
        if asked:
            return f"{name} {_version(name)} cannot be imported ({why}): pip install --upgrade '{asked[0]}'"
        cause = cause.__cause__ or cause.__context__
    return None


def base() -> list[Package]:
    """The packages that every command may need."""
    return [_package(each) for each in _requirements() if each.marker is None]


def extras() -> dict[str, list[Package]]:
    """The packages of each extra."""
    names = [name for name in metadata.metadata(PACKAGE).get_all("Provides-Extra") or [] if name not in SETS]
    asked = [each for each in _requirements() if each.marker is not None]
    return {
        name: [_package(each) for each in asked if each.marker and each.marker.evaluate({"extra": name})]
        for name in sorted(names)
    }


def installing(extra: str) -> str:
    """The line that installs an extra."""
    return f"pip install '{PACKAGE}[{extra}]'"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _requirements() -> list[Requirement]:
    try:
        return [Requirement(line) for line in metadata.requires(PACKAGE) or []]
    except metadata.PackageNotFoundError:
        raise UserError(f"{PACKAGE} is not installed: run `pip install -e .` in its folder") from None


def _package(asked: Requirement) -> Package:
    try:
        found = metadata.version(asked.name)
    except metadata.PackageNotFoundError:
        found = None
    fits = found is not None and asked.specifier.contains(found, prereleases=True)
    return Package(asked.name, str(asked.specifier), found, fits)


def require(module: str, extra: str) -> ModuleType:
    """Imports ``module``; where it is missing, the error names the extra that installs it.

    Raises:
        UserError: the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.split(".")[0] != error.name.split(".")[0]:
            raise
        raise UserError(f"this needs {error.name}, which is not installed: pip install 'sign2gpt[{extra}]'") from None
