"""Debian's Chromium, and pages of it that remember every complaint."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright

STATIC = Path(__file__).parents[2] / "api" / "static"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c636060f8cf500f0003860180fc5b1d4f0000000049454e44ae426082"
)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one tests are skipped on a desk, and fail in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no chromium: install Debian's package of that name")
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the pages of this test complained about: errors, warnings, refusals of the content policy."""
    return []


@pytest.fixture
def open_page(browser: Browser, complaints: list[str]) -> Iterator[OpenPage]:
    """Pages with a context of their own: ``open_page(width=390, color_scheme="dark")``."""
    contexts: list[BrowserContext] = []

    def open_one(width: int = 1600, color_scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=color_scheme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.route(lambda url: url.startswith("https://"), _image)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: _note(complaints, message))
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        return page

    yield open_one
    for context in contexts:
        with suppress(Exception):  # a page that crashed has said so already
            context.close()


@pytest.fixture(scope="session")
def modules(browser: Browser) -> Iterator[Page]:
    """An empty page that can import our modules: ``modules.evaluate("import('/js/figures.js')…")``."""
    with browser.new_context() as context:
        context.route("http://page.test/**", _file)
        page = context.new_page()
        page.goto("http://page.test/")
        yield page


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.append(f"{message.type}: {message.text}")


def _image(route: Route) -> None:
    """The outside world: one pixel for an image, nothing for anything else."""
    if route.request.resource_type == "image":
        route.fulfill(body=PIXEL, content_type="image/png")
    else:
        route.abort()


def _file(route: Route) -> None:
    path = route.request.url.removeprefix("http://page.test/")
    if not path:
        route.fulfill(body="<!doctype html><title>modules</title>", content_type="text/html")
    elif path == "favicon.ico":
        route.fulfill(body=b"", content_type="image/x-icon")
    else:
        route.fulfill(path=STATIC / path)
