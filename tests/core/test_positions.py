"""One token's position: sums, shortages, sends, and its round trips."""

import pytest
from ledgers import back, book_of, buy, gift, put, sell, send
from scenes import MINT, OTHER_MINT, START, Scene

from walletjobs.core.entries import Kind
from walletjobs.core.lots import METHODS, Basis
from walletjobs.core.rules import Rules
from walletjobs.errors import InvalidData


def trades(*moves: tuple[int, int], fee: int = 0) -> list[Scene]:
    """Buys (+) and sells (−) of quantities for lamports, a slot each."""
    return [
        buy(MINT, quantity, lamports, slot, fee=fee)
        if quantity > 0
        else sell(MINT, -quantity, lamports, slot, fee=fee)
        for slot, (quantity, lamports) in enumerate(moves, 1)
    ]


def test_the_costs_of_a_buy_are_all_in() -> None:
    position = book_of(*trades((100, 1_000_000), fee=5000)).positions[MINT]
    assert position.tally.cost == position.open_cost() == 1_005_000


def test_the_proceeds_of_a_sell_are_what_arrived() -> None:
    tally = book_of(*trades((100, 1_000_000), (-100, 1_500_000), fee=5000)).positions[MINT].tally
    assert (tally.proceeds, tally.realized_pnl) == (1_495_000, 490_000)
    assert tally.network_fees == 10_000


def test_t25_two_round_trips_give_both_results() -> None:
    book = book_of(*trades((20, 218), (-20, 320), (30, 290), (-30, 321)))
    position = book.positions[MINT]
    assert (position.cycles, list(book.columns.cycle_pnl)) == (2, [102, 31])
    assert position.tally.realized_pnl == 133
    assert position.open_cycle is None


def test_a_cycle_closes_when_a_thousandth_of_its_peak_is_left() -> None:
    left = [book_of(*trades((1000, 1000), (-999, 1000))), book_of(*trades((1000, 1000), (-998, 1000)))]
    assert [book.positions[MINT].cycles for book in left] == [1, 0]


def test_what_is_left_of_a_closed_cycle_keeps_its_cost() -> None:
    position = book_of(*trades((1000, 1000), (-999, 2000), (1000, 5000))).positions[MINT]
    assert position.open_cost() == 1 + 5000
    assert position.open_cycle is not None
    assert position.open_cycle.peak == 1001


def test_a_cycle_counts_its_buys_its_sells_and_its_peak() -> None:
    position = book_of(*trades((100, 10), (50, 10), (-20, 1), (100, 10), (-229, 9))).positions[MINT]
    cycle = position.open_cycle
    assert cycle is not None
    assert (cycle.buys, cycle.sells, cycle.peak) == (3, 2, 230)


def test_a_closed_cycle_lasts_from_its_first_buy_to_the_sell_that_closes_it() -> None:
    book = book_of(*trades((100, 10), (50, 10), (-20, 1), (-130, 9)))
    assert (book.positions[MINT].cycles, list(book.columns.cycle_length)) == (1, [3])


def test_t23_selling_more_than_was_bought_leaves_the_excess_unverified() -> None:
    position = book_of(*trades((40, 400), (-100, 3000))).positions[MINT]
    tally = position.tally
    assert (tally.matched, tally.proceeds, tally.realized_pnl) == (40, 1200, 800)
    assert (tally.unverified_quantity, tally.unverified_proceeds) == (60, 1800)
    assert position.held == 0


def test_a_sell_without_any_buy_is_unverified_and_no_cycle() -> None:
    position = book_of(*trades((-100, 3000))).positions[MINT]
    assert (position.tally.realized_pnl, position.tally.unverified_proceeds) == (0, 3000)
    assert (position.cycles, position.held) == (0, 0)


def test_received_tokens_have_an_unknown_basis_and_their_proceeds_stay_apart() -> None:
    scenes = [gift(MINT, 50, 1), buy(MINT, 50, 500, 2, fee=0), sell(MINT, 100, 2000, 3, fee=0)]
    position = book_of(*scenes).positions[MINT]
    assert (position.tally.received, position.tally.realized_pnl) == (50, 500)
    assert (position.tally.unverified_quantity, position.tally.unverified_proceeds) == (50, 1000)


def test_raw_mode_counts_what_has_no_basis_at_no_cost() -> None:
    scenes = [gift(MINT, 50, 1), sell(MINT, 100, 2000, 3, fee=0)]
    tally = book_of(*scenes, mode="raw").positions[MINT].tally
    assert (tally.realized_pnl, tally.unverified_proceeds) == (2000, 0)


def test_adjusted_mode_gives_a_receipt_the_value_of_the_last_trade_before_fees() -> None:
    scenes = [buy(MINT, 100, 1000, 1, fee=7), gift(MINT, 50, 2), sell(MINT, 150, 3000, 3, fee=0)]
    tally = book_of(*scenes, mode="adjusted").positions[MINT].tally
    assert (tally.cost, tally.realized_pnl) == (1007 + 500, 3000 - 1507)
    assert tally.unverified_quantity == 0
    (lot,) = (
        book_of(buy(MINT, 1, 10, 1), gift(OTHER_MINT, 5, 2), mode="adjusted")
        .positions[OTHER_MINT]
        .open_lots()
    )
    assert lot.basis is Basis.UNKNOWN


def test_adjusted_mode_takes_no_price_from_a_trade_that_is_old_or_has_no_value() -> None:
    old = [buy(MINT, 100, 1000, 1, fee=0), gift(MINT, 50, 2, at=START + 3602)]
    assert book_of(*old, mode="adjusted").positions[MINT].held_known() == 100
    young = [buy(MINT, 100, 1000, 1, fee=0), gift(MINT, 50, 2, at=START + 3601)]
    assert book_of(*young, mode="adjusted").positions[MINT].held_known() == 150
    (_, inferred) = book_of(*young, mode="adjusted").positions[MINT].open_lots()
    assert (inferred.cost, inferred.basis) == (500, Basis.INFERRED)


def test_adjusted_mode_leaves_what_was_never_seen_to_come_unverified() -> None:
    tally = book_of(*trades((40, 400), (-100, 3000)), mode="adjusted").positions[MINT].tally
    assert (tally.realized_pnl, tally.unverified_quantity, tally.unverified_proceeds) == (800, 60, 1800)


def test_adjusted_mode_values_yield_beyond_what_was_put_in() -> None:
    scenes = [buy(MINT, 100, 1000, 1, fee=0), put(MINT, 100, 2), back(MINT, 110, 3)]
    assert book_of(*scenes, mode="adjusted").positions[MINT].open_cost() == 1100


def test_a_send_takes_lots_at_cost_without_profit_or_loss() -> None:
    position = book_of(buy(MINT, 100, 999, 1, fee=0), send(MINT, 33, 2, fee=0)).positions[MINT]
    assert (position.tally.cost_sent, position.open_cost()) == (329, 670)
    assert (position.tally.realized_pnl, position.tally.sells) == (0, 0)
    assert position.held == 67


def test_sending_more_than_is_known_is_no_sale() -> None:
    position = book_of(buy(MINT, 10, 100, 1, fee=0), send(MINT, 30, 2)).positions[MINT]
    assert (position.held, position.open_cost(), position.tally.unverified_proceeds) == (0, 0, 0)


def test_a_position_that_is_only_sent_away_made_no_round_trip() -> None:
    position = book_of(buy(MINT, 10, 100, 1, fee=0), send(MINT, 10, 2)).positions[MINT]
    assert (position.cycles, position.open_cycle) == (0, None)


def test_a_sale_at_a_loss_after_fees_may_have_negative_proceeds() -> None:
    tally = book_of(*trades((100, 1_000_000), (-100, 2000), fee=5000)).positions[MINT].tally
    assert tally.proceeds == -3000
    assert tally.realized_pnl == -3000 - 1_005_000


@pytest.mark.parametrize("method", METHODS)
def test_every_method_agrees_once_everything_is_sold(method: str) -> None:
    moves = [(100, 1000), (77, 3001), (-13, 500), (5, 1), (-169, 9999)]
    tally = book_of(*trades(*moves), method=method).positions[MINT].tally
    assert tally.realized_pnl == 500 + 9999 - 1000 - 3001 - 1


def test_buys_and_sells_are_dated_by_their_first_and_last() -> None:
    tally = book_of(*trades((1, 1), (1, 1), (-1, 1))).positions[MINT].tally
    assert tally.first_trade is not None
    assert tally.last_trade == tally.first_trade + 2


def test_older_transactions_are_refused_after_newer_ones() -> None:
    with pytest.raises(InvalidData, match="older"):
        book_of(buy(MINT, 1, 1, 9), buy(MINT, 1, 1, 8))


@pytest.mark.parametrize(("method", "mode"), [("best", "strict"), ("fifo", "guess"), ("", "raw")])
def test_rules_that_are_not_offered_are_refused(method: str, mode: str) -> None:
    with pytest.raises(InvalidData):
        Rules(method, mode)


def test_ties_that_could_change_a_figure_are_counted_once_a_transaction() -> None:
    same_slot = [buy(MINT, 1, 1, 5, name="a"), sell(MINT, 1, 1, 5, name="b"), sell(MINT, 1, 1, 5, name="c")]
    assert book_of(*same_slot).totals.ties == 2
    placed = [buy(MINT, 1, 1, 5, index=1), sell(MINT, 1, 1, 5, index=2)]
    assert book_of(*placed).totals.ties == 0
    assert book_of(buy(MINT, 1, 1, 5), sell(MINT, 1, 1, 6)).totals.ties == 0


@pytest.mark.parametrize(("first", "second"), [(None, 2), (1, None)])
def test_a_place_that_is_known_of_one_alone_is_a_tie_too(first: int | None, second: int | None) -> None:
    same_slot = [buy(MINT, 1, 1, 5, name="a", index=first), sell(MINT, 1, 1, 5, name="b", index=second)]
    assert book_of(*same_slot).totals.ties == 1
    other = [buy(MINT, 1, 1, 5, name="a", index=first), buy(OTHER_MINT, 1, 1, 5, name="b", index=second)]
    assert book_of(*other).totals.ties == 0


def test_each_kind_is_counted() -> None:
    book = book_of(*trades((10, 10), (-4, 10)), send(MINT, 6, 3), Scene(4, failed=True))
    assert book.kinds == {Kind.BUY: 1, Kind.SELL: 1, Kind.SEND: 1, Kind.FAILED: 1}
    assert (book.totals.transactions, book.totals.failed) == (4, 1)
