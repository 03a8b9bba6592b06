"""What the page shows of a wallet, and what it says where something is wrong."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect
from wholeservice import WAIT, Invented, Stack, analyze, expect_result, expect_whole

from walletjobs.core.units import sol_text

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("nothing_to_complain_about")]


def test_a_failure_shows_its_code_and_what_to_do(
    stack: Stack, wallet: str, open_page: Callable[..., Page]
) -> None:
    stack.replay.change(refuse=["enhanced", "rpc"])
    page = open_page()
    analyze(page, stack, wallet)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The analysis failed", timeout=WAIT)
    expect(alert.locator("code")).to_have_text("provider_not_offered")
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


def test_a_figure_leads_to_the_tokens_and_lots_that_it_is_made_of(
    stack: Stack, invented: Invented, open_page: Callable[..., Page]
) -> None:
    page = open_page(width=390)
    analyze(page, stack, invented.address)
    expect_result(page)
    page.locator(".card-main .figure").click()
    dialog = page.get_by_role("dialog", name="Realized")
    expect(dialog.locator(".evidence-total")).to_have_text(f"{minus(sol_text(invented.realized))} SOL")
    parts = dialog.locator("tbody tr")
    amount, name = parts.first.locator(".number").inner_text(), parts.first.get_by_role("button").inner_text()
    parts.first.get_by_role("button").click()
    expect(dialog.get_by_role("heading")).to_have_text(f"Realized · {name}")
    expect(dialog.locator(".evidence-total")).to_have_text(f"{amount} SOL")
    expect(dialog.locator("tbody tr").first).to_contain_text("lot of")
    expect_whole(page)
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.get_by_role("heading")).to_have_text("Realized")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator(".tokens .proven").first.click()
    expect(page.get_by_role("dialog").locator(".evidence-terms")).to_contain_text("Proceeds")


def minus(text: str) -> str:
    """A decimal text with the sign and the groups that the page writes."""
    whole, dot, rest = text.removeprefix("-").partition(".")
    return ("−" if text.startswith("-") else "") + f"{int(whole):,}" + dot + rest
