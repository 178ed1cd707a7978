"""The oldest versions that pyproject.toml allows of the libraries that are handed strangers' files.

`python tools/oldest.py` prints them for pip; with `--check` it fails unless they are those that Python finds.
"""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement

LIBRARIES = {"huggingface-hub", "safetensors", "timm", "tokenizers", "transformers"}


def oldest() -> dict[str, str]:
    """Each library with its lower bound."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = [Requirement(line) for line in project["dependencies"]]
    return {bound.name: next(iter(bound.specifier)).version for bound in bounds if bound.name in LIBRARIES}


def main() -> None:
    found = oldest()
    assert found.keys() == LIBRARIES, sorted(LIBRARIES - found.keys())
    if "--check" not in sys.argv:
        print(*(f"{name}=={bound}" for name, bound in found.items()))
        return
    others = {name: version(name) for name, bound in found.items() if not (version(name) + ".0").startswith(bound)}
    sys.exit(f"not the oldest: {others}" if others else 0)


if __name__ == "__main__":
    main()
