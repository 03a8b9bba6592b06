"""A wallet's style in words; behavior.md, "Style"."""

import pytest
from ledgers import book_of, buy, gift, sell
from scenes import START, Scene, key

from walletjobs.core.behavior import behavior_of
from walletjobs.core.style import LOW_ACTIVITY, Style, duration_text, speed_of

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def style_of(*scenes: Scene) -> Style:
    ordered = sorted(scenes, key=lambda scene: scene.at)
    for slot, scene in enumerate(ordered):
        scene.slot = slot
    return behavior_of(book_of(*ordered), START + 400 * DAY).style


def round_trips(count: int, hold: int, buys: int = 1, sells: int = 1) -> list[Scene]:
    """A closed cycle in a token of its own each: so many buys, then so many sells that leave nothing."""
    scenes = []
    for number in range(count):
        mint, at = key(f"style {number}"), START + number
        quantity = buys * sells * 10
        scenes += [buy(mint, quantity // buys, 1000, at=at, name=f"b{number} {i}") for i in range(buys)]
        scenes += [
            sell(mint, quantity // sells, 1000, at=at + hold, name=f"s{number} {i}") for i in range(sells)
        ]
    return scenes


@pytest.mark.parametrize(
    ("hold", "speed"),
    [
        (59, "SNIPER"),
        (60, "SCALPER"),
        (5 * MINUTE, "MOMENTUM"),
        (30 * MINUTE, "INTRADAY"),
        (4 * HOUR, "DAY_TRADER"),
        (DAY, "SWING"),
        (7 * DAY, "POSITION"),
        (30 * DAY, "HOLDER"),
    ],
)
def test_speed_is_the_median_hold_of_closed_cycles(hold: int, speed: str) -> None:
    style = style_of(*round_trips(3, hold))
    assert (style.speed, style.median_hold, style.n) == (speed, hold, 3)
    assert speed_of(hold) == speed


def test_fewer_than_five_trades_or_two_two_sided_tokens_are_low_activity() -> None:
    few = style_of(*round_trips(2, 60))
    one_token = style_of(*round_trips(1, 60, buys=3, sells=3))
    enough = style_of(*round_trips(3, 60))
    assert (few.pattern, one_token.pattern) == (LOW_ACTIVITY, LOW_ACTIVITY)
    assert (few.speed, few.confidence) == (None, 0.0)
    assert "Too few trades" in few.sentence
    assert enough.pattern != LOW_ACTIVITY


@pytest.mark.parametrize(
    ("buys", "sells", "pattern"),
    [(1, 1, "BALANCED"), (3, 1, "ACCUMULATOR"), (1, 3, "DISTRIBUTOR"), (2, 1, "MIXED")],
)
def test_the_pattern_follows_buys_and_sells(buys: int, sells: int, pattern: str) -> None:
    assert style_of(*round_trips(4, 600, buys, sells)).pattern == pattern


def test_two_and_a_half_times_as_many_buys_are_not_yet_an_accumulator() -> None:
    style = style_of(*round_trips(2, 600, 3, 1), *_more())
    assert style.pattern == "MIXED"


def _more() -> list[Scene]:
    """Two more tokens with two buys and one sell: ten buys and four sells in all."""
    mints = [key("style x"), key("style y")]
    return [
        scene
        for i, mint in enumerate(mints)
        for scene in (
            buy(mint, 5, 10, at=START + 1, name=f"x{i}"),
            buy(mint, 5, 10, at=START + 2, name=f"y{i}"),
            sell(mint, 10, 10, at=START + 600, name=f"z{i}"),
        )
    ]


def test_one_sided_wallets_trade_too_little_on_two_sides_to_have_a_pattern() -> None:
    bought = style_of(*(buy(key(f"t{i}"), 1, 1, at=START + i) for i in range(9)))
    sold = style_of(
        *(gift(key(f"t{i}"), 1, at=START + i) for i in range(9)),
        *(sell(key(f"t{i}"), 1, 1, at=START + 10 + i) for i in range(9)),
    )
    assert (bought.pattern, sold.pattern) == (LOW_ACTIVITY, LOW_ACTIVITY)


def test_confidence_shows_its_three_inputs_and_is_their_mean() -> None:
    style = style_of(*round_trips(10, 600))
    assert (style.cycle_input, style.verified_input, style.symmetry_input) == (0.2, 1.0, 1.0)
    assert style.confidence == round(2.2 / 3, 3)


def test_confidence_falls_with_what_is_unverified() -> None:
    gifts = [gift(key("style 0"), 100, at=START - 1, name="gift")]
    more = [sell(key("style 0"), 100, 50, at=START + 999, name="gift sold")]
    assert style_of(*gifts, *round_trips(4, 600), *more).verified_input < 1


def test_the_sentence_is_made_of_the_numbers() -> None:
    sentence = style_of(*round_trips(4, 600)).sentence
    assert sentence == "Half of its 4 closed round trips took less than 10 min; it made 4 buys and 4 sells."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (45, "45 s"), (720, "12 min"), (3.5 * HOUR, "3.5 h"), (2.1 * DAY, "2.1 days")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
