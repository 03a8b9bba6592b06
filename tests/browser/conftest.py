"""Debian's Chromium, pages of it that remember every complaint, and the whole service for them to show."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

import pytest
import redis
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, sync_playwright
from wholeservice import QUICK, WALLETS, Invented, Stack

from walletjobs.dev import processes
from walletjobs.dev.replay import Options, ReplayServer

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
        context.route(lambda url: url.endswith("/image"), _image)
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


@pytest.fixture(scope="package")
def stack(
    databases: Callable[[], AbstractContextManager[str]],
    standing_redis: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Everything on loopback, for all tests of the page; each takes a wallet of its own."""
    folder = tmp_path_factory.mktemp("stack")
    with ExitStack() as running:
        database_url = running.enter_context(databases())
        client = running.enter_context(redis.Redis.from_url(standing_redis))
        running.callback(client.flushdb)
        wallets = [Invented.write(folder, seed) for seed in range(WALLETS)]
        files = [wallet.file for wallet in wallets]
        replay = running.enter_context(ReplayServer.of_files(files, Options(latency=QUICK)))
        port = processes.free_port()
        environ = {
            **os.environ,
            **replay.environment(),
            "HELIUS_PLAN": "professional",
            "HELIUS_ROUTE": "pages",  # slow enough to be watched
            "DATABASE_URL": database_url,
            "REDIS_URL": standing_redis,
            "PORT": str(port),
            "ANALYSES_PER_MINUTE": "1000",
            "USE_DASHBOARD_JOB_SYSTEM": "true",
            "WORKER_POOL": "analysis-operations enrichment-operations",
        }
        url = f"http://127.0.0.1:{port}"
        web = _start(running, folder, "serve", environ)
        _start(running, folder, "worker", environ)
        processes.await_ready(web, lambda: _is_up(url), folder / "serve.log")
        yield Stack(url, replay, iter(wallets))


@pytest.fixture
def nothing_to_complain_about(stack: Stack, complaints: list[str]) -> Iterator[None]:
    """After each test: no error, no warning, no refusal of the content policy; and a quick provider again."""
    stack.replay.change(latency=QUICK, down=[], refuse=[])
    yield
    assert complaints == []


@pytest.fixture
def invented(stack: Stack) -> Invented:
    """A wallet that nobody has analyzed."""
    return next(stack.wallets)


@pytest.fixture
def wallet(invented: Invented) -> str:
    """Its address."""
    return invented.address


def _start(running: ExitStack, folder: Path, command: str, environ: dict[str, str]) -> processes.Process:
    process = processes.start(
        [sys.executable, "-m", "walletjobs", command], folder / f"{command}.log", environ=environ
    )
    running.callback(processes.stop, process)
    return process


def _is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:  # not there yet, or too busy starting
        return False


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
