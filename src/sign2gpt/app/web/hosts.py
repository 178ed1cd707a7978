"""Which host names the server accepts, and whose requests: those of its own page and of programs.

Otherwise a site whose name is made to point at this machine (DNS rebinding), or whose page sends requests here, could
do and read whatever a visitor's browser may.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from sign2gpt.app.limits import denied
from sign2gpt.common.errors import UserError

LOCAL = ("127.0.0.1", "localhost", "[::1]")
FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")
"""Headers from which Gradio would derive the page's address; anybody can send them."""


def is_local(host: str, share: bool) -> bool:
    """Whether a page at ``host`` is only for this machine."""
    return not share and host in (*LOCAL, "::1")


def checked_address(address: str | None) -> str | None:
    """The address of a proxy, without a slash at its end.

    Raises:
        UserError: browsers cannot open it.
    """
    if address is None:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UserError(f"--address {address}: must be an address such as https://example.org/signs")
    return address.rstrip("/")


def only_known(host: str, share: bool, address: str | None = None) -> list[Middleware]:
    """Middleware that accepts only this machine's names and ``address``, if the page is only for this machine."""
    if not is_local(host, share):
        return []
    public = [urlsplit(address).hostname or ""] if address else []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL, *public], www_redirect=False)]


def foreign(headers: Headers, own: set[str]) -> bool:
    """Whether a request comes from another site's page, by headers that browsers send and programs do not.

    Args:
        own: hosts of the page itself in addition to ``Host``, with their ports unless these are the usual ones.
    """
    origin = headers.get("origin")
    if origin is not None:  # "null" is a page without an address
        return urlsplit(origin.lower()).netloc not in own | {headers.get("host", "").lower()}
    elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return elsewhere and headers.get("sec-fetch-mode") != "navigate"  # links to the page are allowed


class OwnPages:
    """Middleware that refuses requests of another site's page.

    Args:
        addresses: returns the addresses under which proxies serve the page.
        forwarded: whether a proxy may set that address with headers.
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
