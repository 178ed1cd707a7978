"""A request that is denied before anything is done for it: its status, and one line that says why."""

from __future__ import annotations

from starlette.responses import JSONResponse


def denied(status: int, why: str) -> JSONResponse:
    """The answer; ``detail`` is where Gradio's own scripts look for the line."""
    return JSONResponse({"error": why, "detail": why}, status_code=status)
