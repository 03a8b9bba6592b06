"""What SOL cost in a wallet's own conversions."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.entries import Components, Entry, Kind
from walletjobs.core.ownprice import Conversion, conversion_of, own_bars
from walletjobs.core.series import MINUTE, MOST, OWN_LEG, Bar
from walletjobs.core.units import LAMPORTS_PER_SOL, MICRO_USD, USDC, USDT

NOON = 1_759_968_000
SOL = LAMPORTS_PER_SOL
ENTRY = Entry(
    signature="s",
    slot=1,
    block_time=NOON + 7,
    kind=Kind.CONVERSION,
    sol_delta=-SOL - 5000,
    components=Components(network_fee=-5000, consideration=-SOL),
    rent_locked=0,
    tokens={USDC: 150 * MICRO_USD},
    decimals={USDC: 6},
    nfts=(),
    passed={},
    value=SOL,
    value_source="own_leg",
    parts=None,
    sol_price=None,
    flags=(),
    label="SWAP",
    venue="JUPITER",
)


def entry(lamports: int, tokens: dict[str, int], **changes: Any) -> Entry:
    components = Components(network_fee=-5000, consideration=lamports)
    return msgspec.structs.replace(ENTRY, components=components, tokens=tokens, **changes)


def bar(price: int, start: int = NOON) -> Bar:
    return Bar(start, MINUTE, price, OWN_LEG)


def test_a_conversion_either_way_has_two_sides_without_its_fee() -> None:
    assert conversion_of(ENTRY) == Conversion(NOON + 7, SOL, 150 * MICRO_USD)
    bought = entry(2 * SOL, {USDT: -299 * MICRO_USD})
    assert conversion_of(bought) == Conversion(NOON + 7, 2 * SOL, 299 * MICRO_USD)


def test_two_stablecoins_on_one_side_are_summed() -> None:
    both = entry(-SOL, {USDC: 100 * MICRO_USD, USDT: 50 * MICRO_USD})
    assert conversion_of(both) == Conversion(NOON + 7, SOL, 150 * MICRO_USD)


def test_what_is_no_conversion_of_sol_says_nothing_of_its_price() -> None:
    assert conversion_of(entry(-SOL, {USDC: 150 * MICRO_USD}, kind=Kind.BUY)) is None
    assert conversion_of(entry(0, {USDC: 150 * MICRO_USD, USDT: -150 * MICRO_USD})) is None
    assert conversion_of(entry(SOL, {USDC: 150 * MICRO_USD})) is None, "both came"


def test_dust_says_nothing() -> None:
    assert conversion_of(entry(-SOL // 101, {USDC: 150 * MICRO_USD})) is None
    assert conversion_of(entry(-SOL, {USDC: MICRO_USD - 1})) is None


def test_conversions_of_a_minute_are_priced_by_volume() -> None:
    found = [
        Conversion(NOON + 61, SOL, 160 * MICRO_USD),
        Conversion(NOON, 3 * SOL, 450 * MICRO_USD),
        Conversion(NOON + 59, SOL, 140 * MICRO_USD),
    ]
    assert own_bars(found, {}) == [bar(147_500_000), bar(160_000_000, NOON + MINUTE)]


def test_a_price_far_from_the_market_around_it_is_left_out() -> None:
    found = [Conversion(NOON, SOL, 151 * MICRO_USD)]
    assert own_bars(found, {NOON: [100_000_000]}) == []
    assert own_bars(found, {NOON: [250_000_000]}) == []
    assert own_bars(found, {NOON: [101_000_000]}) == [bar(151_000_000)]
    assert own_bars(found, {NOON: [100_000_000, 140_000_000]}) == [bar(151_000_000)], "it lies on the way"
    assert own_bars(found, {NOON: []}) == [bar(151_000_000)]


def test_an_absurd_price_is_none() -> None:
    assert own_bars([Conversion(NOON, SOL // 100, MOST)], {}) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(SOL // 100, 10**15), st.integers(MICRO_USD, 10**12)),
        min_size=1,
    )
)
def test_a_minutes_price_lies_between_those_of_its_conversions(drawn: list[tuple[int, int, int]]) -> None:
    found = [Conversion(NOON + after, lamports, usd) for after, lamports, usd in drawn]
    for each in own_bars(found, {}):
        prices = [one.usd * SOL // one.lamports for one in found if one.minute == each.start]
        assert min(prices) <= each.price <= max(prices) + 1
