"""The page on the whole service: embedded servers, replay server, gunicorn, a pool of workers, Chromium."""

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
import redis
import requests
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from walletjobs.core.units import sol_text
from walletjobs.db.connection import connect
from walletjobs.dev import processes
from walletjobs.dev.embedded import Servers
from walletjobs.dev.generate import Inventor, Plan, truth_of
from walletjobs.dev.replay import Options, ReplayServer

pytestmark = pytest.mark.browser

WALLETS, TRANSACTIONS = 15, 450
QUICK = {"all": 5}  # milliseconds a request
WATCHABLE = {"all": 5, "enhanced": 150}
LONG = {"all": 5, "enhanced": 700}
SLOW = {"all": 5, "enhanced": 1500}
WAIT = 30_000  # milliseconds
SIZES = [(390, "light"), (390, "dark"), (1600, "light"), (1600, "dark")]


@dataclass(frozen=True)
class Invented:
    """A wallet whose true figures are known."""

    address: str
    realized: int  # lamports
    file: Path

    @classmethod
    def write(cls, folder: Path, seed: int) -> Self:
        """Invents one and writes its history."""
        inventor = Inventor(Plan(TRANSACTIONS, seed))
        file = folder / f"wallet-{seed}.jsonl"
        file.write_bytes(b"\n".join(line for line, _ in inventor.history()))
        truth = truth_of(inventor)
        return cls(truth["wallet"], truth["methods"]["fifo"]["realizedPnlLamports"], file)


@dataclass(frozen=True)
class Stack:
    """The running service."""

    url: str
    replay: ReplayServer
    wallets: Iterator[Invented]  # each for one test

    def jobs(self, wallet: str) -> list[dict[str, Any]]:
        """The wallet's analyses, newest first."""
        query = {"wallet": wallet, "type": "dashboard-wallet-analysis"}
        jobs: list[dict[str, Any]] = requests.get(f"{self.url}/api/v1/jobs", query, timeout=10).json()[
            "items"
        ]
        return jobs

    def post(self, wallet: str) -> str:
        """Starts an analysis behind the page's back."""
        url = f"{self.url}/api/v1/analyses/wallets/dashboard-analysis"
        answer = requests.post(url, json={"walletAddress": wallet}, timeout=10)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["jobId"])


@pytest.fixture(scope="module")
def stack(
    servers: Servers, template: str, _empty_redis: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Everything on loopback, for all tests of this module; each takes a wallet of its own."""
    folder = tmp_path_factory.mktemp("stack")
    database = f"walletjobs_browser_{secrets.token_hex(4)}"
    with ExitStack() as running:
        server = running.enter_context(connect(servers.database_url))
        server.execute(f"CREATE DATABASE {database} TEMPLATE {template}".encode())
        running.callback(server.execute, f"DROP DATABASE {database} WITH (FORCE)".encode())
        client = running.enter_context(redis.Redis.from_url(_empty_redis))
        running.callback(client.flushdb)
        wallets = [Invented.write(folder, seed) for seed in range(WALLETS)]
        files = [wallet.file for wallet in wallets]
        replay = running.enter_context(ReplayServer.of_files(files, Options(latency=QUICK)))
        port = processes.free_port()
        environ = {
            **os.environ,
            **replay.environment(),
            "HELIUS_PLAN": "professional",
            "DATABASE_URL": urlsplit(servers.database_url)._replace(path=f"/{database}").geturl(),
            "REDIS_URL": _empty_redis,
            "PORT": str(port),
            "ANALYSES_PER_MINUTE": "1000",
            "USE_DASHBOARD_JOB_SYSTEM": "true",
            "WORKER_POOL": "analysis-operations enrichment-operations",
        }
        url = f"http://127.0.0.1:{port}"
        web = start(running, folder, "serve", environ)
        start(running, folder, "worker", environ)
        processes.await_ready(web, lambda: is_up(url), folder / "serve.log")
        yield Stack(url, replay, iter(wallets))


@pytest.fixture(autouse=True)
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


def start(running: ExitStack, folder: Path, command: str, environ: dict[str, str]) -> processes.Process:
    process = processes.start(
        [sys.executable, "-m", "walletjobs", command], folder / f"{command}.log", environ=environ
    )
    running.callback(processes.stop, process)
    return process


def is_up(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:  # not there yet, or too busy starting
        return False


def analyze(page: Page, stack: Stack, wallet: str) -> None:
    """Opens a wallet nobody has analyzed, and starts."""
    page.goto(f"{stack.url}/wallets/{wallet}")
    expect(page.get_by_text("Not analyzed yet")).to_be_visible()
    page.locator("#head").get_by_role("button", name="Analyze").click()


def expect_result(page: Page) -> None:
    expect(page.locator("#summary .card")).to_have_count(8, timeout=WAIT)
    expect(page.locator(".tokens tbody tr").first).to_be_visible()
    expect(page.locator(".behavior .style-name")).not_to_be_empty()


def expect_whole(page: Page) -> None:
    """Nothing overflows, and nothing is shown that is no figure."""
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert excess <= 0, f"{excess} px too wide at {page.viewport_size}"
    boxes = ".card, .figure, .fact, .stage, .job, .line, .callout, .apart, .histogram, .tools, .head"
    tight = "(all) => all.filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.outerHTML)"
    assert page.locator(boxes).evaluate_all(tight) == []
    text = page.locator("body").inner_text()
    assert not re.search(r"\b(NaN|undefined|Infinity|null)\b|∞|\[object", text), text


def bar(page: Page) -> int:
    return int(page.locator(".job .bar").get_attribute("aria-valuenow") or -1)


def test_from_a_pasted_address_to_figures_names_and_prices(
    stack: Stack, invented: Invented, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=WATCHABLE)
    page, wallet = open_page(), invented.address
    page.goto(stack.url)
    page.get_by_placeholder("Paste a wallet address").fill(f"  {wallet}\n")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{stack.url}/wallets/{wallet}")
    page.evaluate("window.neverReloaded = true")
    page.locator("#head").get_by_role("button", name="Analyze").dblclick()

    stage = page.locator(".stage[aria-current=step]")
    expect(stage).to_contain_text("Transactions", timeout=WAIT)
    expect(page.locator(".job-line")).to_contain_text(re.compile(r"\d transactions · \d+ pages?"))
    seen = {bar(page)}
    while page.locator(".job .bar").count() and len(seen) < 4:
        seen.add(bar(page))
    assert len(seen) >= 4
    assert seen <= set(range(15, 101))

    expect(page.get_by_text(re.compile(r"^Analysis completed in [\d.]+ s$"))).to_be_visible(timeout=WAIT)
    expect_result(page)
    exact = page.locator(".card-main .figure").get_attribute("title") or ""
    assert exact.replace(",", "").replace("−", "-") == f"{sol_text(invented.realized)} SOL"
    expect(page.locator(".token-symbol:not(.address)").first).to_be_visible(timeout=WAIT)
    expect(page.locator(".avatar img.loaded").first).to_be_visible()
    assert page.evaluate("window.neverReloaded")
    assert len(stack.jobs(wallet)) == 1, "a double click is one job"
    for width, scheme in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect_whole(page)


def test_reload_and_second_tab_attach_to_the_running_job(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=WATCHABLE)
    first, second = open_page(), open_page(width=390, color_scheme="dark")
    analyze(first, stack, wallet)
    expect(first.locator(".stage[data-state=done]").nth(1)).to_be_visible(timeout=WAIT)
    second.goto(f"{stack.url}/wallets/{wallet}")
    first.reload()
    for page in (first, second):
        expect(page.locator(".stage[data-state=done] .stage-time").first).to_have_text(re.compile(r"\d"))
        expect_whole(page)
    for page in (first, second):
        expect_result(page)
    assert len(stack.jobs(wallet)) == 1


def test_a_tab_that_knew_nothing_of_the_job_joins_it_by_its_own_click(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=WATCHABLE)
    page = open_page()
    page.goto(f"{stack.url}/wallets/{wallet}")
    expect(page.get_by_text("Not analyzed yet")).to_be_visible()
    job_id = stack.post(wallet)
    page.locator("#head").get_by_role("button", name="Analyze").click()
    expect_result(page)
    assert [job["jobId"] for job in stack.jobs(wallet)] == [job_id]


def test_home_shows_running_jobs_and_then_recent_wallets(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=WATCHABLE)
    stack.post(wallet)
    page = open_page()
    page.goto(stack.url)
    running = page.locator(f"#running a[href='/wallets/{wallet}']")
    expect(running).to_contain_text("%", timeout=WAIT)
    expect_whole(page)
    recent = page.locator(f"#recent a[href='/wallets/{wallet}']")
    expect(recent).to_contain_text("SOL", timeout=WAIT)
    expect(running).to_have_count(0)
    page.set_viewport_size({"width": 390, "height": 844})
    expect_whole(page)


def test_cancel_stops_the_job_and_says_what_is_kept(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=SLOW)
    page = open_page(width=390)
    analyze(page, stack, wallet)
    expect(page.locator(".job-line")).to_contain_text("page", timeout=WAIT)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The analysis was cancelled")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text("fetched so far are kept")).to_be_visible()
    assert [job["status"] for job in stack.jobs(wallet)] == ["cancelled"]
    expect_whole(page)
    stack.replay.change(latency=QUICK)
    page.get_by_role("button", name="Analyze again").click()
    expect_result(page)


def test_a_failure_shows_its_code_and_what_to_do(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(refuse=["enhanced", "rpc"])
    page = open_page()
    analyze(page, stack, wallet)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The analysis failed", timeout=WAIT)
    expect(alert.locator("code")).to_have_text("provider_refused")
    expect(alert).to_contain_text("HELIUS_API_KEY")
    expect_whole(page)
    stack.replay.change(refuse=[])
    alert.get_by_role("button", name="Try again").click()
    expect_result(page)


def test_providers_that_are_down_leave_figures_and_a_word_on_what_is_missing(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(down=["dexscreener"])
    page = open_page()
    analyze(page, stack, wallet)
    expect_result(page)
    missing = page.locator(".missing")
    expect(missing).to_contain_text("are missing", timeout=WAIT)
    expect(missing).to_contain_text(re.compile("dexscreener", re.IGNORECASE))
    page.reload()
    expect(missing).to_contain_text(re.compile("dexscreener", re.IGNORECASE))
    expect_whole(page)


def test_a_lost_socket_is_opened_again_and_asks_for_what_it_missed(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=WATCHABLE)
    asked: list[str] = []

    def cut_once(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        frames = 0

        def to_server(message: str | bytes) -> None:
            asked.append(str(message))
            server.send(message)

        def to_page(message: str | bytes) -> None:
            nonlocal frames
            frames += 1
            route.send(message)
            if frames == 6 and len(asked) == 1:
                route.close(code=1012)

        route.on_message(to_server)
        server.on_message(to_page)

    page = open_page()
    page.route_web_socket(re.compile("/ws$"), cut_once)
    analyze(page, stack, wallet)
    expect_result(page)
    assert '"lastEventId":"0-0"' in asked[0]
    assert '"lastEventId":"0-0"' not in asked[1]


@pytest.mark.parametrize("events", ["served", "refused"])
def test_without_a_socket_progress_comes_by_other_ways(
    stack: Stack, wallet: str, open_page: Callable[..., Page], events: str
) -> None:
    stack.replay.change(latency=LONG)
    page = open_page()
    page.route_web_socket(re.compile("/ws$"), lambda route: route.close(code=1013))
    if events == "refused":
        page.route(re.compile("/events"), lambda route: route.fulfill(status=204))
    analyze(page, stack, wallet)
    expect(page.locator(".job-line")).to_contain_text("transactions", timeout=WAIT)
    expect_result(page)


def test_what_is_no_address_gets_the_reason_without_leaving(
    stack: Stack, open_page: Callable[..., Page], complaints: list[str]
) -> None:
    page = open_page(width=390)
    page.goto(stack.url)
    box = page.get_by_placeholder("Paste a wallet address")
    box.fill("0" * 40)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("never has “0”")
    expect(box).to_be_focused()
    assert page.url == f"{stack.url}/"
    box.fill("1" * 31)
    expect(page.get_by_role("alert")).to_be_hidden()
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("32 bytes; this one has 31")
    expect_whole(page)

    answer = page.goto(f"{stack.url}/wallets/abc")
    assert answer is not None
    assert answer.status == 400
    expect(page.get_by_role("heading")).to_have_text("That is not a wallet address")
    complaints.clear()  # of the 400, which was asked for


def test_tokens_are_sorted_searched_filtered_and_paged(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    page = open_page()
    analyze(page, stack, wallet)
    expect_result(page)
    rows = page.locator(".tokens tbody tr")
    best = rows.first.get_attribute("data-mint") or ""
    page.get_by_role("button", name="Realized", exact=True).press("Enter")
    expect(page.get_by_role("columnheader", name="Realized").first).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(rows.first).not_to_have_attribute("data-mint", best)
    page.get_by_label("Search tokens").fill(best[:12])
    expect(rows).to_have_count(1)
    expect(rows.first).to_have_attribute("data-mint", best)
    page.get_by_label("Search tokens").fill("no such token")
    expect(page.get_by_text("No token fits")).to_be_visible()
    page.get_by_label("Search tokens").fill("")
    expect(rows).not_to_have_count(0)
    page.get_by_label("Filter tokens").select_option("Held")
    expect(rows.first.get_by_text("Held", exact=True)).to_be_visible()


def test_what_a_token_calls_itself_stays_text(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    markup = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'

    def hostile(route: Route) -> None:
        answer = route.fetch().json()
        for item in answer["items"]:
            item |= {"name": markup, "symbol": "<b>\u202ebold", "imageUrl": "javascript:alert(1)"}
        route.fulfill(json=answer)

    page = open_page(width=390)
    page.route(re.compile("/tokens\\?"), hostile)
    analyze(page, stack, wallet)
    expect_result(page)
    expect(page.locator(".token-name").first).to_contain_text(markup)
    assert page.locator(".tokens :is(img, b, script)").count() == 0
    assert "walletjobs" in page.title()
    expect_whole(page)


def test_the_whole_address_is_copied(stack: Stack, wallet: str, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{stack.url}/wallets/{wallet}")
    page.get_by_role("button", name="Copy the address").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == wallet
