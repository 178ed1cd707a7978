"""Whom the server takes itself for, and whose pages it answers to: its own, and programs that are no page.

A site whose name is made to point at this machine (DNS rebinding), or whose page sends requests here, would otherwise
do and read what a visitor's browser may.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from sign2gpt.app.denials import denied
from sign2gpt.common.errors import UserError

LOCAL = ("127.0.0.1", "localhost", "[::1]")
FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Headers that Gradio would make the page's address of; anybody can send them."""


def is_local(host: str, share: bool) -> bool:
    """Whether a page at ``host`` is for this machine alone."""
    return not share and host in (*LOCAL, "::1")


def checked_address(address: str | None) -> str | None:
    """The address of a proxy, without a slash at its end.

    Raises:
        UserError: it is not one that browsers can open.
    """
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UserError(f"--address {address}: must be an address such as https://example.org/signs")
    return address.rstrip("/")


def only_known(host: str, share: bool, address: str | None = None) -> list[Middleware]:
    """What lets only this machine's names and that of ``address`` pass, where the page is for this machine alone."""
    if not is_local(host, share):
        return []
    public = [urlsplit(address).hostname or ""] if address else []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL, *public], www_redirect=False)]


def foreign(headers: Headers, own: set[str]) -> bool:
    """Whether a browser says that the page of another site asks; programs send neither of the headers.

    Args:
        own: hosts, with ports where they are not the usual ones, at which the page itself may be; beside ``Host``.
    """
    origin = headers.get("origin")
    if origin is not None:  # "null" is a page without an address
        return urlsplit(origin.lower()).netloc not in own | {headers.get("host", "").lower()}
    elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return elsewhere and headers.get("sec-fetch-mode") != "navigate"  # links may lead here


class OwnPages:
    """Middleware that denies what another site's page asks for.

    Args:
        addresses: gives the addresses under which proxies serve the page.
        forwarded: whether a proxy in front may say under which address it does.
    """

    def __init__(self, app: ASGIApp, addresses: Callable[[], list[str]], forwarded: bool) -> None:
        self.app, self.addresses, self.forwarded = app, addresses, forwarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if foreign(Headers(scope=scope), {urlsplit(address.lower()).netloc for address in self.addresses()}):
            why = "this request comes from the page of another site; only the page's own requests are answered"
            return await denied(403, why)(scope, receive, send)
        if not self.forwarded:
            headers = [header for header in scope["headers"] if header[0] not in FORWARDED]
            scope = {**scope, "headers": headers}
        return await self.app(scope, receive, send)
