"""Heavy libraries are extras: imported when they are used, with an error that names the extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from sign2gpt.common.errors import UserError


def require(module: str, extra: str) -> ModuleType:
    """Imports ``module``; where it is absent, tells which extra of ours installs it.

    Raises:
        UserError: the module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or module.split(".")[0] != error.name.split(".")[0]:
            raise
        raise UserError(f"this needs {error.name}, which is not installed: pip install 'sign2gpt[{extra}]'") from None
