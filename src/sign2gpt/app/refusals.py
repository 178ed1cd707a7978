"""Why the page does not do what it was asked: a key that every language has words for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sign2gpt.common.errors import UserError


class Refused(UserError):  # noqa: N818 - it is no error of ours
    """A request that is turned down; ``key`` names the words for it, ``values`` stand in them."""

    def __init__(self, key: str, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(key)
        self.key, self.values = key, dict(values or {})
