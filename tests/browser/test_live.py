"""A running job on the page: from the click to the figures, by every way that events can come."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from wholeservice import (
    LONG,
    QUICK,
    SIZES,
    SLOW,
    WAIT,
    WATCHABLE,
    Invented,
    Stack,
    analyze,
    bar,
    expect_result,
    expect_whole,
)

from walletjobs.core.units import sol_text

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_to_complain_about")]


def test_from_a_pasted_address_to_figures_names_and_prices(
    stack: Stack, invented: Invented, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=LONG)
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
    stack.replay.change(latency=SLOW)
    first, second = open_page(), open_page(width=390, color_scheme="dark")
    analyze(first, stack, wallet)
    expect(first.locator(".stage[data-state=done]").nth(1)).to_be_visible(timeout=WAIT)
    second.goto(f"{stack.url}/wallets/{wallet}")
    first.reload()
    for page in (first, second):
        expect(page.locator(".stage[data-state=done] .stage-time").first).to_have_text(re.compile(r"\d"))
        expect_whole(page)
    stack.replay.change(latency=QUICK)
    for page in (first, second):
        expect_result(page)
    assert len(stack.jobs(wallet)) == 1


def test_a_tab_that_knew_nothing_of_the_job_joins_it_by_its_own_click(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=SLOW)
    page = open_page()
    page.goto(f"{stack.url}/wallets/{wallet}")
    expect(page.get_by_text("Not analyzed yet")).to_be_visible()
    job_id = stack.post(wallet)
    page.locator("#head").get_by_role("button", name="Analyze").click()
    expect(page.locator(".job")).to_be_visible()
    stack.replay.change(latency=QUICK)
    expect_result(page)
    assert [job["jobId"] for job in stack.jobs(wallet)] == [job_id]


def test_home_shows_running_jobs_and_then_recent_wallets(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(latency=SLOW)
    stack.post(wallet)
    page = open_page()
    page.goto(stack.url)
    running = page.locator(f"#running a[href='/wallets/{wallet}']")
    expect(running).to_contain_text("%", timeout=WAIT)
    expect_whole(page)
    stack.replay.change(latency=QUICK)
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
    stack.replay.change(latency=SLOW)
    page = open_page()
    page.route_web_socket(re.compile("/ws$"), lambda route: route.close(code=1013))
    if events == "refused":
        page.route(re.compile("/events"), lambda route: route.fulfill(status=204))
    analyze(page, stack, wallet)
    expect(page.locator(".job-line")).to_contain_text("transactions", timeout=WAIT)
    stack.replay.change(latency=QUICK)
    expect_result(page)
