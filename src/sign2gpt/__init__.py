"""sign2gpt: signed video to spoken-language text, without gloss annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sign2gpt.common.version import __version__

if TYPE_CHECKING:
    from sign2gpt.common.errors import UserError
    from sign2gpt.inference.translation import Alternative, PlacedGloss, Translation
    from sign2gpt.inference.translator import Translator

__all__ = ["Alternative", "PlacedGloss", "Translation", "Translator", "UserError", "__version__"]

_HOMES = {
    "Alternative": "sign2gpt.inference.translation",
    "PlacedGloss": "sign2gpt.inference.translation",
    "Translation": "sign2gpt.inference.translation",
    "Translator": "sign2gpt.inference.translator",
    "UserError": "sign2gpt.common.errors",
}


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first asked for, so that `import sign2gpt` is instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sign2gpt' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
