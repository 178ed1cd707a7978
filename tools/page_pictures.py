"""Takes the pictures of the page that its documentation shows: python tools/page_pictures.py [docs/images]

Needs the extra `app`, playwright and Chromium.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from sign2gpt.app.limits import PageLimits
from sign2gpt.app.serving import served


def translated(page: Page) -> None:
    """The third example with its sentence, at a moment in its middle."""
    page.locator(".example").last.click()
    page.locator("video").first.wait_for()
    page.locator("button.primary").first.click()
    page.locator(".answer[data-final]").wait_for()
    page.locator(".timeline button").nth(4).click()
    page.locator(".answer summary").click()


def signed(page: Page) -> None:
    """A sentence by the avatar, in its middle."""
    page.get_by_role("tab").nth(1).click()
    page.get_by_role("textbox").fill("Am Montag regnet es im Norden, und in den Alpen fällt leichter Schnee.")
    page.keyboard.press("Enter")
    page.locator(".timeline button").first.wait_for()
    page.evaluate("for (const video of document.querySelectorAll('video')) video.pause()")
    page.locator(".timeline button").nth(2).click()


SHOTS = {
    "page": ("en", 1100, translated, {}),
    "page-phone": ("de", 375, translated, {}),
    "page-sign": ("en", 1100, signed, {}),
    "page-contrast": ("en", 1100, translated, {"forced_colors": "active"}),
}


def shot(browser: Browser, address: str, name: str) -> Image.Image:
    """One of `SHOTS`, the whole page, in few colours."""
    language, width, do, settings = SHOTS[name]
    page = browser.new_page(viewport={"width": width, "height": 800}, **settings)
    page.goto(f"{address}{language}")
    do(page)
    page.wait_for_timeout(1500)  # for the video to show the moment that it was sent to
    page.mouse.move(0, 0)
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    page.close()
    return taken.convert("RGB").quantize(192, dither=Image.Dither.NONE)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with served(["demo"], PageLimits()) as (blocks, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in SHOTS:
            shot(browser, str(blocks.local_url), name).save(folder / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
