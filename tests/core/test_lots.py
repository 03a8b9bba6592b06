"""How disposals use up lots, by each method; money.md section 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletjobs.core.lots import METHODS, Basis, Lot, Pool, shares, take

#: (quantity, cost) of each lot, then the quantities taken
Moves = tuple[list[tuple[int, int]], list[int]]

lots = st.lists(st.tuples(st.integers(1, 2**64 - 1), st.integers(-(10**6), 10**18)), min_size=1, max_size=8)
wanted = st.lists(st.integers(1, 2**65), max_size=8)


def lot(quantity: int, cost: int, slot: int = 1, basis: Basis = Basis.KNOWN) -> Lot:
    return Lot(f"s{slot}", slot, slot * 60, quantity, cost, basis)


def pool_of(method: str, *held: Lot) -> Pool:
    pool = METHODS[method]()
    for each in held:
        pool.add(each)
    return pool


@pytest.mark.parametrize(
    ("method", "cost"), [("fifo", 1000), ("average", 1500), ("lifo", 2000), ("hifo", 2000)]
)
def test_t26_methods_differ_by_the_lot_they_take(method: str, cost: int) -> None:
    pool = pool_of(method, lot(100, 1000, 1), lot(100, 2000, 2))
    assert sum(part.cost for part in take(pool, 100)) == cost  # sold for 2,500: 1,500, 1,000, 500 and 500


def test_partly_used_lot_keeps_the_rest_of_its_cost() -> None:
    held = lot(3, 100)
    assert [held.take(1).cost, held.take(1).cost, held.take(1).cost] == [33, 33, 34]
    assert (held.quantity, held.cost) == (0, 0)


def test_a_disposal_may_use_several_lots() -> None:
    pool = pool_of("fifo", lot(10, 100, 1), lot(10, 300, 2))
    assert [(part.quantity, part.cost) for part in take(pool, 15)] == [(10, 100), (5, 150)]
    assert sum(each.cost for each in pool) == 150


def test_what_is_taken_beyond_the_pool_has_no_part() -> None:
    pool = pool_of("fifo", lot(10, 100))
    assert sum(part.quantity for part in take(pool, 25)) == 10
    assert take(pool, 5) == []


def test_hifo_takes_by_the_cost_of_a_unit_not_of_the_lot() -> None:
    pool = pool_of("hifo", lot(1000, 2000, 1), lot(10, 100, 2))
    assert take(pool, 1)[0].lot.slot == 2


def test_hifo_takes_the_older_of_equally_dear_lots() -> None:
    pool = pool_of("hifo", lot(10, 100, 1), lot(20, 200, 2))
    assert take(pool, 1)[0].lot.slot == 1


def test_hifo_tells_lots_apart_that_differ_by_one_lamport() -> None:
    supply = 2**64 - 1
    pool = pool_of("hifo", lot(supply, 10**17, 1), lot(supply, 10**17 + 1, 2))
    assert take(pool, 1)[0].lot.slot == 2


def test_lifo_takes_a_new_lot_before_the_rest_of_an_older_one() -> None:
    pool = pool_of("lifo", lot(10, 100, 1))
    take(pool, 4)
    pool.add(lot(10, 500, 2))
    assert [part.lot.slot for part in take(pool, 12)] == [2, 1]


def test_average_melts_cost_quantity_and_time() -> None:
    pool = pool_of("average", lot(100, 1000, 1), lot(300, 5000, 3))
    (part,) = take(pool, 200)
    assert part.cost == 3000
    assert part.lot.block_time == (60 * 100 + 180 * 300) // 400


@pytest.mark.parametrize("method", ["hifo", "average"])
def test_lots_of_unknown_basis_come_last_where_cost_decides(method: str) -> None:
    pool = pool_of(method, lot(10, 0, 1, Basis.UNKNOWN), lot(10, 100, 2))
    assert [part.lot.basis for part in take(pool, 15)] == [Basis.KNOWN, Basis.UNKNOWN]


def test_fifo_takes_lots_of_unknown_basis_in_their_turn() -> None:
    pool = pool_of("fifo", lot(10, 0, 1, Basis.UNKNOWN), lot(10, 100, 2))
    assert [part.lot.basis for part in take(pool, 15)] == [Basis.UNKNOWN, Basis.KNOWN]


@pytest.mark.parametrize("method", METHODS)
@given(lots, wanted)
def test_cost_and_quantity_are_conserved_by_every_method(
    method: str, held: list[tuple[int, int]], quantities: list[int]
) -> None:
    pool = pool_of(method, *(lot(quantity, cost, slot) for slot, (quantity, cost) in enumerate(held)))
    parts = [part for quantity in quantities for part in take(pool, quantity)]
    left = list(pool)
    assert sum(part.cost for part in parts) + sum(each.cost for each in left) == sum(cost for _, cost in held)
    total = sum(quantity for quantity, _ in held)
    assert sum(part.quantity for part in parts) == min(sum(quantities), total)
    assert sum(each.quantity for each in left) == total - sum(part.quantity for part in parts)
    assert all(part.quantity > 0 for part in parts)
    assert all(each.quantity >= 0 for each in left)


@given(st.integers(-(10**20), 10**20), st.lists(st.integers(1, 2**64), max_size=10), st.integers(0, 2**64))
def test_shares_and_the_rest_sum_to_the_amount_whatever_its_sign(
    amount: int, quantities: list[int], more: int
) -> None:
    total = sum(quantities) + more
    result = shares(amount, quantities, total or 1)
    assert len(result) == len(quantities) + 1
    assert sum(result) == amount
    if not more and quantities:
        assert result[-1] == 0
    for share, quantity in zip(result, quantities, strict=False):
        assert abs(share * total - amount * quantity) < total  # less than a lamport from the exact share
