"""Whose requests are answered: the page's own, and those of programs."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from sign2gpt.app.web.hosts import checked_address, foreign
from sign2gpt.common.errors import UserError

HOST = "127.0.0.1:7860"


@pytest.mark.parametrize(
    ("sent", "is_foreign"),
    [
        ({}, False),  # curl, Python
        ({"origin": "http://127.0.0.1:7860"}, False),
        ({"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}, False),
        ({"origin": "https://elsewhere.example"}, True),
        ({"origin": "http://127.0.0.1:3000"}, True),  # another page of this machine
        ({"origin": "http://127.0.0.1:7860.elsewhere.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://signs.example"}, False),  # where the proxy is
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, True),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),  # a link to the page
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, False),
        ({"origin": "https://elsewhere.example", "sec-fetch-mode": "navigate"}, True),  # a form that is sent
    ],
)
def test_who_asks(sent: dict[str, str], is_foreign: bool) -> None:
    assert foreign(Headers({"host": HOST, **sent}), {"signs.example"}) is is_foreign


def test_an_address_is_one_that_browsers_open() -> None:
    assert checked_address("https://example.org/signs/") == "https://example.org/signs"
    for wrong in ("example.org", "ftp://example.org", "https://", "https://example.org/?a=b"):
        with pytest.raises(UserError, match="--address"):
            checked_address(wrong)
