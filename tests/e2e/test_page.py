"""The page as its visitors meet it: programs through the API, people in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sign2gpt.app.limits import PageLimits
from sign2gpt.inference.translator import Translator
from sign2gpt.model.runs.shipped import shipped_examples
from sign2gpt.video.encode import write_clip

pytest.importorskip("gradio", reason="the page needs the extra `app`")

EXAMPLE = shipped_examples()[-1]
LIMITS = PageLimits(megabytes=2, seconds=40, gone_s=10)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Any, Any, Path]]:
    """Gradio's blocks, the service and the folder of uploads of a running page."""
    from sign2gpt.app.serving import UPLOADS, served

    with served(["demo"], LIMITS) as (blocks, service):
        yield blocks, service, Path(os.environ[UPLOADS])


@pytest.fixture(scope="module")
def site(running: tuple[Any, Any, Path]) -> tuple[str, Any, Path]:
    """Address, service and folder of uploads of a running page."""
    return running[0].local_url.rstrip("/"), *running[1:]


@pytest.fixture(scope="module")
def sentence() -> str:
    return Translator.from_pretrained("demo").translate(EXAMPLE).text


@pytest.fixture
def long_clip(tmp_path: Path) -> Path:
    return repeated(tmp_path / "long.mp4", 2)


def repeated(path: Path, times: int) -> Path:
    """The examples one after the other, so many times."""
    from sign2gpt.video.decode import read_clip

    frames = [read_clip(example, frame_rate=25, size=64).frames for example in times * shipped_examples()]
    write_clip(path, np.concatenate(frames), 25.0)
    return path


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_programs_get_an_answer_or_a_reason_and_leave_no_files(
    site: tuple[str, Any, Path], sentence: str, tmp_path: Path
) -> None:
    from gradio_client import Client, handle_file
    from gradio_client.exceptions import AppError

    address, _, folder = site
    client = Client(address, verbose=False)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(EXAMPLE.read_bytes()[:20_000])
    found = client.predict(handle_file(str(EXAMPLE)), api_name="/translate")
    assert found["text"] == sentence
    assert found["captions"][0]["trust"]["inside"]
    with pytest.raises(AppError, match="nicht als Video lesen"):
        client.predict(handle_file(str(damaged)), language="de", api_name="/translate")
    assert client.predict(api_name="/about")[0]["corpus"]["language"] == "de"
    assert files_in(folder) == []


def test_the_server_keeps_no_list_of_requests_and_files(running: tuple[Any, Any, Path]) -> None:
    from gradio_client import Client, handle_file

    from sign2gpt.app.serving import forget_gone

    blocks, _, folder = running
    client = Client(blocks.local_url, verbose=False)
    for _ in range(3):
        client.predict(handle_file(str(EXAMPLE)), api_name="/translate")
    assert len(blocks._queue.event_analytics) <= 1
    assert blocks._queue.cached_event_analytics_summary == {"functions": {}}
    forget_gone(blocks)
    named = {name for names in blocks.temp_file_sets for name in names}
    assert named <= {str(path) for path in files_in(folder)}


def test_the_same_bytes_of_several_at_once_are_a_file_each(site: tuple[str, Any, Path], sentence: str) -> None:
    import httpx
    from gradio_client import Client, handle_file

    address, _, folder = site
    with EXAMPLE.open("rb") as file:
        [visitors] = httpx.post(f"{address}/gradio_api/upload", files={"files": file}).json()
    later = time.time() + 600
    os.utime(visitors, (later, later))  # however long the clients take on a busy machine, it came just now
    clients = [Client(address, verbose=False) for _ in range(6)]
    asked = [client.submit(handle_file(str(EXAMPLE)), api_name="/translate") for client in clients]
    assert [job.result(timeout=120)["text"] for job in asked] == 6 * [sentence]
    assert files_in(folder) == [Path(visitors)]
    Path(visitors).unlink()


def test_a_path_of_the_server_is_no_upload(site: tuple[str, Any, Path], tmp_path: Path) -> None:
    import httpx

    mine = Path(shutil.copy(EXAMPLE, tmp_path / "mine.mp4"))
    for named in ({"path": str(mine)}, {"path": str(mine), "meta": {"_type": "gradio.FileData"}}):
        asked = httpx.post(f"{site[0]}/gradio_api/call/translate", json={"data": [named, "en"]})
        assert asked.status_code == 404
        assert str(tmp_path) not in asked.text
    assert mine.exists()


def test_another_sites_name_is_not_answered_to(site: tuple[str, Any, Path]) -> None:
    import httpx

    port = httpx.URL(site[0]).port
    for path in ("", "en", "health", "gradio_api/info"):
        foreign = httpx.get(f"{site[0]}/{path}", headers={"host": f"rebound.example:{port}"})
        assert foreign.status_code == 400
        assert not httpx.get(f"{site[0]}/{path}", headers={"host": f"localhost:{port}"}).is_error
    assert httpx.post(f"{site[0]}/gradio_api/upload", headers={"host": "rebound.example"}).status_code == 400


def test_who_lets_others_in_is_asked_for_by_any_name() -> None:
    from sign2gpt.app.web.hosts import only_known

    assert only_known("localhost", share=False)
    assert not only_known("localhost", share=True)
    assert not only_known("0.0.0.0", share=False)


def test_health_and_the_way_to_a_language(site: tuple[str, Any, Path]) -> None:
    import httpx

    health = httpx.get(f"{site[0]}/health").json()
    assert health["status"] == "ok"
    assert health["workers"][0]["pid"] is not None
    assert httpx.get(site[0], headers={"accept-language": "de-CH"}).headers["location"] == "de"
    assert 'lang="zh"' in httpx.get(f"{site[0]}/zh").text


@pytest.mark.slow
def test_the_server_itself_decodes_nothing() -> None:
    code = "import sys, sign2gpt.app.serving; sys.exit([name for name in ('torch', 'av') if name in sys.modules] or 0)"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium with a camera that is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("browser tests need Chromium")
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=program, args=["--no-sandbox", *camera])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, site: tuple[str, Any, Path]) -> Iterator[Any]:
    """Opens a page in a language; nothing may be asked of another address, and no script may fail."""
    pages, wrong = [], []

    def opened(language: str, width: int = 1200) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: None if _own(asked.url, site[0]) else wrong.append(asked.url))
        page.goto(f"{site[0]}/{language}")
        page.get_by_role("heading", level=1).wait_for()
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


def _own(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:"))


def upload(page: Any, path: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(path)
    page.locator("video").first.wait_for()


def answer(page: Any) -> str:
    """The text of the answer once it is whole."""
    page.locator(".answer details, .answer .moment, .answer.refused").first.wait_for(timeout=60_000)
    return page.locator(".answer").first.inner_text()


@pytest.mark.slow
def test_upload_sentence_and_timeline(visit: Any, sentence: str) -> None:
    page = visit("en")
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Translate", exact=True).click()
    assert sentence in answer(page)
    gloss = page.locator(".timeline button").nth(3)
    gloss.click()
    start = float(gloss.get_attribute("data-start"))
    page.wait_for_function("start => Math.abs(document.querySelector('video').currentTime - start) < 0.01", arg=start)
    page.evaluate("document.querySelector('video').play()")
    page.wait_for_function("parseFloat(document.querySelector('.now').style.left) > 90")
    page.locator(".answer summary").click()
    assert page.locator(".answer li").count() == 3


@pytest.mark.slow
def test_long_videos_become_captions_and_downloads(visit: Any, long_clip: Path) -> None:
    page = visit("de")
    upload(page, long_clip)
    page.get_by_role("button", name="Übersetzen", exact=True).click()
    answer(page)
    assert page.locator(".answer .moment").count() > 2
    page.get_by_role("button", name="Exportieren").click()
    page.locator("a[download]").first.wait_for(timeout=60_000)
    names = [link.get_attribute("download") for link in page.locator("a[download]").all()]
    assert names == [f"long{suffix}" for suffix in (".vtt", ".srt", ".eaf", ".json", ".mp4")]
    with page.expect_download() as download:
        page.get_by_role("link", name="WebVTT").click()
    assert download.value.path().read_text(encoding="utf-8").startswith("WEBVTT")


@pytest.mark.slow
def test_the_camera(visit: Any) -> None:
    page = visit("en")
    page.get_by_label("Capture from camera").first.click()
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.get_by_label("Start recording").click()
    page.get_by_label("Stop recording").wait_for()
    page.wait_for_function("document.querySelector('video').currentTime > 2")
    page.get_by_role("button", name="Translate", exact=True).click()  # which stops the recording first
    assert "Low confidence" in answer(page)


@pytest.mark.slow
def test_a_file_that_is_no_video_is_refused_in_words(visit: Any, tmp_path: Path) -> None:
    page, path = visit("de"), tmp_path / "notes.mp4"
    path.write_text("no video")
    upload(page, path)
    page.get_by_role("button", name="Übersetzen", exact=True).click()
    assert "lässt sich nicht als Video lesen" in answer(page)
    assert "lässt sich nicht als Video lesen" in page.locator(".live[aria-live]").text_content()
    assert "/" not in page.locator(".answer p").inner_text()


@pytest.mark.slow
def test_a_large_file_is_turned_away_before_it_comes(visit: Any, site: tuple[str, Any, Path], tmp_path: Path) -> None:
    page, path = visit("en"), tmp_path / "large.mp4"
    path.write_bytes(bytes((LIMITS.megabytes + 1) << 20))
    before = files_in(site[2])
    page.locator("input[type=file]").first.set_input_files(path)
    page.locator(".wrong[role=alert]").get_by_text("at most 2 MB").wait_for()
    assert files_in(site[2]) == before


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_nothing_sticks_out_on_a_phone(visit: Any, language: str) -> None:
    page = visit(language, width=360)
    page.locator(".example").last.click()
    page.locator("video").first.wait_for()
    page.locator("button.primary").first.click()
    answer(page)
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.slow
def test_the_keyboard_alone(visit: Any, sentence: str) -> None:
    page = visit("en")

    def go_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText") == name:
                return
        raise AssertionError(f"no way to {name} by keyboard")

    go_to("3. morgen nachmittag im nordwesten wenig sonne in den bergen wolken")
    page.keyboard.press("Enter")
    page.locator("video").first.wait_for()
    assert page.evaluate("document.activeElement.matches('button.primary')")
    page.keyboard.press("Enter")
    assert sentence in answer(page)
    gloss = page.locator(".timeline button").nth(1)
    go_to(gloss.inner_text())
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('video').currentTime > 0")


FAINT = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0.5) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll("main *")].filter((e) => e.offsetParent && own(e)).map((element) => {
    const [low, high] = [getComputedStyle(element).color, behind(element)].map(light).sort((a, b) => a - b);
    return [(high + 0.05) / (low + 0.05), element.textContent.trim().slice(0, 40)];
  }).filter(([contrast]) => contrast < 4.5);
}"""
"""Texts whose contrast is below WCAG's 4.5 to 1."""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(visit: Any, scheme: str) -> None:
    page = visit("en")
    page.emulate_media(color_scheme=scheme)
    page.reload()
    page.get_by_role("heading", level=1).wait_for()
    page.locator(".example").last.click()
    page.locator("video").first.wait_for()
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    page.locator(".answer summary").click()
    page.get_by_role("button", name="About this model").click()
    page.mouse.move(0, 0)
    assert page.evaluate(FAINT) == []


@pytest.mark.slow
@pytest.mark.parametrize("zoom", [1, 2])
def test_the_answer_is_in_view_has_the_focus_and_is_read_out(visit: Any, sentence: str, zoom: int) -> None:
    page = visit("en", width=375 if zoom == 1 else 1280 // zoom)
    height = 667 if zoom == 1 else 800 // zoom
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})
    page.locator(".example").last.click()
    page.locator("video").first.wait_for()
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    page.wait_for_function("document.activeElement.matches('.answer')")
    box = page.locator(".answer .sentence").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    assert sentence in page.locator(".live[aria-live=polite]").text_content()
    order = [".clip", "button.primary", ".answer", ".timeline", ".example"]
    tops = [page.locator(part).first.bounding_box()["y"] for part in order]
    assert tops == sorted(tops)


@pytest.mark.slow
def test_the_sentence_has_the_best_score_and_the_others_have_theirs(visit: Any) -> None:
    page = visit("en")
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    page.locator(".answer summary").click()
    said = page.locator(".answer .score").all_inner_texts()
    scores = [float(score.removeprefix("Score ").replace("\N{MINUS SIGN}", "-")) for score in said]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)


@pytest.mark.slow
def test_the_video_and_its_answer_stay_in_another_language_and_after_loading_again(visit: Any, sentence: str) -> None:
    page = visit("en")
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    shown = page.locator("video").first.get_attribute("src")
    loads = [page.get_by_role("link", name="Deutsch").click, page.reload, page.go_back]
    for load, title in zip(loads, ["Gebärdenvideo", "Gebärdenvideo", "Signed video"], strict=True):
        load()
        page.wait_for_function("title => document.title.startsWith(title)", arg=title)
        page.locator("video").first.wait_for()
        assert sentence in answer(page)
        assert page.locator("video").first.get_attribute("src") == shown
        assert page.title().endswith("demo")


@pytest.mark.slow
def test_a_file_of_another_kind_is_refused_in_the_pages_language(visit: Any, tmp_path: Path) -> None:
    page, path = visit("de"), tmp_path / "notes.txt"
    path.write_text("no video")
    page.locator("input[type=file]").first.set_input_files(path)
    page.locator(".wrong[role=alert]").get_by_text("Diese Datei ist kein Video").wait_for()


@pytest.mark.slow
def test_nothing_vanishes_in_forced_colours(browser: Any, site: tuple[str, Any, Path]) -> None:
    page = browser.new_page(forced_colors="active")
    page.goto(f"{site[0]}/en")
    page.locator(".example").last.click()
    page.locator("video").first.wait_for()
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    for part in ("button.primary", ".example", "[role=tab]"):
        assert page.locator(part).first.evaluate("element => parseFloat(getComputedStyle(element).borderTopWidth)") >= 1
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bar = "getComputedStyle(document.querySelector('.timeline .row button'), '::after').backgroundColor"
    for colour in (bar, "getComputedStyle(document.querySelector('.timeline .now')).backgroundColor"):
        assert page.evaluate(colour) not in (back, "rgba(0, 0, 0, 0)")
    page.close()


@pytest.fixture(scope="module")
def own_run(world: Path) -> Iterator[str]:
    """The address of a page of a run that nobody calibrated, with the corpus that it was trained on."""
    from sign2gpt.app.serving import served

    with served([str(world / "translate")], LIMITS) as (blocks, _):
        yield str(blocks.local_url)


@pytest.mark.slow
def test_the_page_of_ones_own_run_has_its_clips_no_avatar_and_a_note(browser: Any, own_run: str, world: Path) -> None:
    from sign2gpt.data.corpus import Corpus

    rows = Corpus.open(world / "corpus").rows("dev")[:3]
    page = browser.new_page()
    page.goto(f"{own_run}de")
    page.locator(".example").first.wait_for()
    named = [f"{number}. {row.text}" for number, row in enumerate(rows, start=1)]
    assert [text.strip() for text in page.locator(".example").all_inner_texts()] == named
    assert page.get_by_role("tab").count() == 1
    assert "nicht kalibriert" in page.locator(".notes").inner_text()
    page.locator(".example").first.click()
    page.locator("video").first.wait_for()
    page.locator("button.primary").first.click()
    page.locator(".answer[data-final]").wait_for(timeout=60_000)
    assert "nicht kalibriert" in page.locator(".answer").inner_text()
    page.close()


@pytest.mark.slow
def test_the_page_and_gradios_own_words_are_in_one_language(visit: Any) -> None:
    page = visit("zh")
    page.get_by_text("将视频拖放到此处").first.wait_for()
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_text("Video hier ablegen").first.wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "keine Gebärdensprache" in page.locator(".notes").inner_text()
    page.get_by_role("link", name="English").click()
    page.get_by_text("Drop Video Here").first.wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == "Signed video to text"


@pytest.mark.slow
def test_sign_it_and_read_it_back(visit: Any) -> None:
    page = visit("en")
    page.get_by_role("tab", name="Sign it").click()
    page.get_by_role("textbox").fill("morgen regnet es im norden mit pinguinen")
    page.keyboard.press("Enter")
    page.get_by_text("MORGEN NORDEN REGNEN").wait_for(timeout=60_000)
    page.get_by_text("morgen regnet es im norden", exact=True).wait_for(timeout=60_000)
    assert "pinguinen" in page.locator("[role=tabpanel]").last.inner_text()
    assert "invented" in page.locator("[role=tabpanel]").last.inner_text()


@pytest.mark.slow
def test_a_visitor_who_leaves_leaves_nothing(visit: Any, site: tuple[str, Any, Path]) -> None:
    page, folder = visit("en"), site[2]
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Translate", exact=True).click()
    answer(page)
    assert files_in(folder)
    page.close()
    other = visit("en")
    other.evaluate(
        "async () => { const files = async () => (await (await fetch('/health')).json()).files;"
        " while (await files()) await new Promise((go) => setTimeout(go, 200)); }"
    )
    assert files_in(folder) == []


@pytest.mark.slow
def test_a_visitor_who_leaves_in_the_middle_costs_nobody_the_worker(
    visit: Any, site: tuple[str, Any, Path], sentence: str, tmp_path: Path
) -> None:
    left, page, (worker,) = visit("en"), visit("en"), site[1].workers
    before = worker.pid
    upload(left, repeated(tmp_path / "longest.mp4", 4))
    with left.expect_response("**/queue/join*"):
        left.get_by_role("button", name="Translate", exact=True).click()
    left.close()
    upload(page, EXAMPLE)
    page.get_by_role("button", name="Translate", exact=True).click()
    assert sentence in answer(page)
    assert worker.pid == before


@pytest.mark.slow
def test_two_runs_side_by_side(browser: Any, sentence: str) -> None:
    from sign2gpt.app.serving import served

    with served(["demo", "demo"], LIMITS) as (blocks, _):
        page = browser.new_page()
        page.goto(f"{blocks.local_url}en")
        page.get_by_role("tab", name="Compare").click()
        page.locator(".example:visible").last.click()
        page.locator("video").first.wait_for()
        page.get_by_role("button", name="Translate with both").click()
        answers = page.locator(".answer[data-final]:visible")
        answers.nth(1).wait_for(timeout=60_000)
        assert all(sentence in text for text in answers.all_inner_texts())
        page.close()
