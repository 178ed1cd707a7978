"""Whom the server takes itself for: a page at this machine alone does not answer to another site's name.

A site whose name is made to point at this machine (DNS rebinding) would otherwise read what a visitor's browser may.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

LOCAL = ("127.0.0.1", "localhost", "[::1]")


def only_known(host: str, share: bool) -> list[Middleware]:
    """What lets only this machine's own names pass, where ``host`` is one and the page is not shared."""
    if share or host not in (*LOCAL, "::1"):
        return []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=LOCAL, www_redirect=False)]
