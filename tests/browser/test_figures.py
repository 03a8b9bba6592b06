"""The page's own arithmetic: exact, and never NaN."""

from typing import Any

import pytest
from playwright.sync_api import Page

from walletjobs.core.address import parse_address
from walletjobs.errors import InvalidAddress

pytestmark = pytest.mark.browser

WALLET = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"


def ask(page: Page, module: str, call: str) -> Any:
    """The value of an expression over a module ``m``."""
    return page.evaluate(f"import('/js/{module}.js').then((m) => {call})")


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        ("m.sol('9007199254740993.000500001')", "9,007,199,254,740,993.001"),
        ("m.sol('-0.0005')", "−0.001"),
        ("m.sol('12.5', true)", "+12.500"),
        ("m.sol('0')", "0.000"),
        ("m.sol('0.000000001')", "<\u00a00.001"),
        ("m.sol('-0.000000001')", ">\u00a0−0.001"),
        ("m.exactSol('0.100000000000000001')", "0.100000000000000001 SOL"),
        ("m.usd('-1234.565')", "−$1,234.57"),
        ("m.usd('12', true)", "+$12.00"),
        ("m.price('0.0000001234567')", "$0.0000001235"),
        ("m.price('1.5e-7')", "$0.00000015"),
        ("m.price('183.456')", "$183.46"),
        ("m.quantity('999999.5')", "999,999.5"),
        ("m.quantity('1234567.9')", "1.23M"),
        ("m.quantity('18446744073709.551615')", "18.45T"),
        ("m.quantity('0.00045678912')", "0.0004568"),
        ("m.percent(0.12345)", "12.3\u202f%"),
        ("m.percent(-1, true)", "−100.0\u202f%"),
        ("m.percent(123.4, true)", "+12,340\u202f%"),
        ("m.count(6483)", "6,483"),
        ("m.counted(1, 'match', 'matches')", "1 match"),
    ],
)
def test_figures_are_exact_and_grouped(modules: Page, call: str, shown: str) -> None:
    assert ask(modules, "figures", call) == shown


@pytest.mark.parametrize(
    "nothing", ["null", "undefined", "NaN", "Infinity", "'NaN'", "''", "'1,5'", "{}", "[]"]
)
def test_what_is_no_number_has_no_figure(modules: Page, nothing: str) -> None:
    calls = ", ".join(
        f"m.{name}({nothing})" for name in ("sol", "usd", "price", "quantity", "percent", "count")
    )
    assert ask(modules, "figures", f"[{calls}]") == ["—"] * 6


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ("0.04", "<\u00a00.1 s"),
        ("12.4", "12 s"),
        ("185", "3 min 5 s"),
        ("3600", "1 h"),
        ("200000", "2.3 d"),
        ("NaN", "—"),
    ],
)
def test_durations_are_short(modules: Page, seconds: str, shown: str) -> None:
    assert ask(modules, "times", f"m.duration({seconds})") == shown


@pytest.mark.parametrize(
    "text",
    [
        WALLET,
        "11111111111111111111111111111111",
        "1" * 31,
        "1" * 33,
        WALLET[:-1],
        WALLET + "1",
        WALLET.replace("J", "0"),
        WALLET[:20] + " " + WALLET[20:],
        "z" * 44,
        "",
        "https://example.test",
        "Ünïcode",
    ],
)
def test_page_and_server_agree_on_what_an_address_is(modules: Page, text: str) -> None:
    try:
        parse_address(text)
        is_address = True
    except InvalidAddress:
        is_address = False
    reason = modules.evaluate("(text) => import('/js/address.js').then((m) => m.reasonAgainst(text))", text)
    assert (reason is None) == is_address, reason
