import pytest

from walletjobs.core.classes import Account, class_of, is_busy, remark

SYSTEM = "11111111111111111111111111111111"
TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"


@pytest.mark.parametrize(
    ("account", "exchange", "expected"),
    [
        (Account(SYSTEM), None, "normal"),
        (None, None, "normal"),
        (Account("BPFLoaderUpgradeab1e11111111111111111111111", executable=True), None, "program"),
        (Account(TOKEN_PROGRAM), None, "program"),
        (Account(SYSTEM), "Binance", "exchange_or_router"),
        (None, "Binance", "exchange_or_router"),
        (Account(TOKEN_PROGRAM), "Raydium", "program"),
    ],
)
def test_class_is_told_by_the_account_and_the_list(
    account: Account | None, exchange: str | None, expected: str
) -> None:
    assert class_of(account, exchange) == expected


@pytest.mark.parametrize(
    ("last_week", "capped", "busy"), [(3500, False, False), (3501, False, True), (0, True, True)]
)
def test_wallet_is_busy_beyond_500_a_day_or_beyond_the_cap(last_week: int, capped: bool, busy: bool) -> None:
    assert is_busy(last_week, capped) is busy


def test_every_class_but_the_ordinary_one_has_a_remark() -> None:
    assert remark("normal") is None
    codes = [
        getattr(remark(name), "code", None) for name in ("high_frequency", "program", "exchange_or_router")
    ]
    assert codes == ["high_frequency_wallet", "program_account", "exchange_or_router"]
    said = remark("exchange_or_router", "Binance")
    assert said is not None
    assert said.text.startswith("Binance uses this address")
