"""The ledger on genuine transactions: what an independent tool expects of 19, and what must hold of all."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from walletjobs.core.book import Book
from walletjobs.core.entries import TRADES, Entry, Kind
from walletjobs.core.lots import METHODS
from walletjobs.core.pnl import wallet_of
from walletjobs.core.rules import Rules
from walletjobs.core.tokens import tokens_of
from walletjobs.core.transaction import Transaction
from walletjobs.core.units import LAMPORTS_PER_SOL, base_units
from walletjobs.errors import InvalidData
from walletjobs.providers.files import read_line

pytestmark = pytest.mark.data

FORMS = ("staketax-rpc", "staketax-enhanced")
MINTS = {
    "USDC": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    "RAY": "4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R",
    "COCO": "74DSHnK1qqr4z1pXjLjPAVi8XFngZ635jEVpdkJtnizQ",
    "weWETH": "7vfCXTUXx5WJV5JADk17DUJ4ksgau7utNKj4b963voxs",
}
#: SOL legs that the tool counts by another convention: (the tool's lamports, our parts that make the difference)
OPEN_RENT, OPEN_FEE = 7_161_840, 37_920


def transactions(file: Path) -> Iterator[Transaction]:
    """Every transaction that can be read; one recorded answer has lost its loaded addresses."""
    with gzip.open(file) as lines:
        for line in lines:
            try:
                yield read_line(line)
            except InvalidData:
                assert b"broken_data" in line


@cache
def expected(folder: Path) -> dict[str, dict[str, Any]]:
    """By signature: the wallet, and the legs that the independent tool's tests expect."""
    with (folder / "expected-flows.json").open() as file:
        return {flow["signature"]: flow for flow in json.load(file)}


def entries(folder: Path, form: str) -> dict[str, Entry]:
    """Each expected transaction as its wallet's book has it, kept oldest first: orders before their fills."""
    flows, books, found = expected(folder), {}, {}
    for transaction in sorted(transactions(folder / f"{form}.jsonl.gz"), key=lambda each: each.slot):
        wallet = flows[transaction.signature]["wallet"]
        book = books.setdefault(wallet, Book(wallet))
        found[transaction.signature] = book.read(transaction)
    return found


def tokens(entry: Entry) -> dict[str, int]:
    """What the entry traded, with what was bought and sent on at once."""
    return {**entry.tokens, **entry.passed}


@pytest.mark.parametrize("form", FORMS)
def test_every_token_leg_is_what_an_independent_tool_expects(shared_data: Path, form: str) -> None:
    found, legs = entries(shared_data, form), 0
    assert found.keys() == expected(shared_data).keys()
    for signature, flow in expected(shared_data).items():
        entry, wanted = found[signature], {}
        for leg in flow["legs"]:
            if leg["asset"] != "SOL":
                mint = MINTS.get(leg["asset"], leg["asset"])
                sign = 1 if leg["direction"] == "in" else -1
                wanted[mint] = sign * base_units(leg["amount"], entry.decimals[mint])
                legs += 1
        assert (tokens(entry), entry.kind in TRADES) == (wanted, flow["is_swap"])
    assert legs == 27


@pytest.mark.parametrize("form", FORMS)
def test_where_sol_differs_from_the_tool_it_is_by_a_named_fee_or_rent(shared_data: Path, form: str) -> None:
    found = entries(shared_data, form)
    sol = {
        signature[:4]: (leg["direction"], base_units(leg["amount"], 9))
        for signature, flow in expected(shared_data).items()
        for leg in flow["legs"]
        if leg["asset"] == "SOL"
    }
    ours = {signature[:4]: entry for signature, entry in found.items()}
    bought, sold, wrapped = ours["5dk9"], ours["2rY9"], ours["2GMp"]
    assert sol.pop("2GMp") == ("out", wrapped.value)
    assert sol.pop("2rY9") == ("in", (sold.value or 0) + sold.components.network_fee)
    assert sol.pop("5dk9") == (
        "out",
        (bought.value or 0) - bought.components.network_fee + bought.rent_locked,
    )
    # the tool spreads what an order's opening cost over what comes later: fees, and the rent still locked
    opened, cancelled, filled = ours["L6rJ"], ours["4iZx"], ours["4v28"]
    assert sol.pop("4iZx") == ("out", -opened.components.network_fee - cancelled.components.network_fee)
    order = ours["5iPv"]
    assert sol.pop("4v28") == ("fee", order.rent_locked + filled.rent_locked - order.components.network_fee)
    assert not sol


@pytest.mark.parametrize("form", FORMS)
def test_fills_by_a_keeper_cost_what_left_escrow_and_no_fee(shared_data: Path, form: str) -> None:
    fills = [
        entries(shared_data, form)[signature]
        for signature, flow in expected(shared_data).items()
        if flow["is_swap"] and "keeper" in flow.get("context", "")
    ]
    assert len(fills) == 11
    for fill in fills:
        assert (fill.kind, fill.sol_delta, fill.components.total()) == (Kind.BUY, 0, 0)
        assert "inferred" not in fill.flags
    assert [fill.value_source for fill in fills].count("intermediate") == 10


@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_null_only_where_no_sol_and_no_price_is_known(shared_data: Path, form: str) -> None:
    flows = expected(shared_data)
    values = [entry for signature, entry in entries(shared_data, form).items() if flows[signature]["is_swap"]]
    unpriced = [entry for entry in values if entry.value is None]
    assert (len(values), len(unpriced)) == (15, 1)
    assert "no_price" in unpriced[0].flags
    (transaction,) = (
        each
        for each in transactions(shared_data / f"{form}.jsonl.gz")
        if each.signature == unpriced[0].signature
    )
    priced = Book(flows[transaction.signature]["wallet"]).read(transaction, lambda _at: 100_000_000)
    assert (priced.value, priced.value_source) == (
        16_000_000 * LAMPORTS_PER_SOL // 100_000_000,
        "price_series",
    )


def test_both_wire_formats_give_the_same_entries(shared_data: Path) -> None:
    by_node, by_helius = (entries(shared_data, form) for form in FORMS)
    for signature, entry in by_node.items():
        other = by_helius[signature]
        for field in set(Entry.__struct_fields__) - {"label", "venue"}:
            assert getattr(entry, field) == getattr(other, field), (signature, field)


def owners(transaction: Transaction) -> set[str]:
    """Everyone whose balance changed."""
    found = {transaction.fee_payer}
    for change in transaction.accounts:
        found |= {token.owner for token in change.tokens or ()} or {change.account}
    return found


@pytest.mark.parametrize(
    ("name", "count"),
    [("real-enhanced", 79), ("pump-rpc", 27), ("staketax-rpc", 19), ("staketax-enhanced", 19)],
)
def test_components_sum_and_nothing_is_unexplained_for_anyone(
    shared_data: Path, name: str, count: int
) -> None:
    seen = list(transactions(shared_data / f"{name}.jsonl.gz"))
    assert len(seen) == count
    for transaction in seen:
        for owner in owners(transaction):
            entry = Book(owner).read(transaction)
            assert entry.components.total() == entry.sol_delta
            assert entry.components.unexplained == 0, (transaction.signature, owner)


def test_no_gift_burn_claim_or_rent_is_priced(shared_data: Path) -> None:
    kinds: Counter[Kind] = Counter()
    for name in ("real-enhanced", "pump-rpc"):
        for transaction in transactions(shared_data / f"{name}.jsonl.gz"):
            entry = Book(transaction.fee_payer).read(transaction)
            kinds[entry.kind] += 1
            assert (entry.value is None) == (entry.kind not in TRADES | {Kind.CONVERSION})
            if entry.kind in TRADES | {Kind.CONVERSION}:
                assert (entry.value or 0) > 5000
                assert {amount > 0 for amount in entry.tokens.values()} <= {True, False}
            else:
                assert entry.components.consideration == 0
    assert kinds[Kind.BUY] + kinds[Kind.SELL] + kinds[Kind.SWAP] == 25


@pytest.mark.parametrize("method", METHODS)
def test_closed_tokens_of_a_real_wallet_made_the_sum_of_their_sol_deltas(
    shared_data: Path, method: str
) -> None:
    wallet = "3JoVBiQEA2QKsq7TzW5ez5jVRtbbYgTNijoZzp5qgkr2"
    book, flow, only_sol = Book(wallet, Rules(method)), Counter[str](), Counter[str]()
    for transaction in transactions(shared_data / "wallet-3JoVBiQE.jsonl.gz"):
        entry = book.read(transaction)
        for mint in entry.tokens:
            flow[mint] += entry.sol_delta
            only_sol[mint] += len(entry.tokens) > 1
    closed = oversold = 0
    for mint, position in book.positions.items():
        tally = position.tally
        assert tally.cost == tally.cost_disposed + tally.cost_unpriced + position.open_cost()
        oversold += tally.sold > tally.bought
        assert tally.unverified_quantity >= tally.sold - tally.bought
        if tally.bought == tally.sold and not only_sol[mint]:
            closed += 1
            assert tally.realized_pnl == flow[mint]
    assert (closed > 600, oversold > 60) == (True, True)
    figures = wallet_of(book, tokens_of(book))
    assert figures.realized_pnl == sum(position.tally.realized_pnl for position in book.positions.values())
    assert figures.realized_pnl == sum(pnl for _, pnl in figures.days) == sum(book.columns.match_pnl)
